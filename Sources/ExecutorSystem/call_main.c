// The outermost frame of a program: like a libc's own start-up code it tells unwinders that nothing lies beyond.
#include "Wrappers.h"

/// Calls a main function; named for backtraces, where it stands below `main`.
int64_t jitdebug_call_main(uint64_t function, int argc, char **argv, char **envp);

// Without the undefined return address an unwinder would go on into the executor, which has no unwind tables, and
// report the last frame twice.
#if defined(__x86_64__)
__asm__(
    ".pushsection .text.jitdebug_call_main,\"ax\",@progbits\n"
    ".globl jitdebug_call_main\n.type jitdebug_call_main,@function\n"
    "jitdebug_call_main:\n"
    ".cfi_startproc\n.cfi_undefined rip\n"
    "pushq %rbp\n.cfi_def_cfa_offset 16\n"
    "movq %rdi, %rax\nmovl %esi, %edi\nmovq %rdx, %rsi\nmovq %rcx, %rdx\nxorl %ebp, %ebp\n"
    "callq *%rax\n"
    "popq %rbp\n.cfi_def_cfa_offset 8\n"
    "cltq\nretq\n"
    ".cfi_endproc\n.size jitdebug_call_main, .-jitdebug_call_main\n.popsection\n");
#elif defined(__aarch64__)
__asm__(
    ".pushsection .text.jitdebug_call_main,\"ax\",@progbits\n"
    ".globl jitdebug_call_main\n.type jitdebug_call_main,@function\n"
    "jitdebug_call_main:\n"
    ".cfi_startproc\n.cfi_undefined x30\n"
    "stp x29, x30, [sp, #-16]!\n.cfi_def_cfa_offset 16\n"
    "mov x9, x0\nmov w0, w1\nmov x1, x2\nmov x2, x3\nmov x29, xzr\n"
    "blr x9\n"
    "ldp x29, x30, [sp], #16\n.cfi_def_cfa_offset 0\n"
    "sxtw x0, w0\nret\n"
    ".cfi_endproc\n.size jitdebug_call_main, .-jitdebug_call_main\n.popsection\n");
#elif defined(__riscv)
__asm__(
    ".pushsection .text.jitdebug_call_main,\"ax\",@progbits\n"
    ".globl jitdebug_call_main\n.type jitdebug_call_main,@function\n"
    "jitdebug_call_main:\n"
    ".cfi_startproc\n.cfi_undefined ra\n"
    "addi sp, sp, -16\n.cfi_def_cfa_offset 16\n"
    "sd ra, 8(sp)\nsd s0, 0(sp)\n.cfi_offset s0, -16\n"
    "mv t0, a0\nmv a0, a1\nmv a1, a2\nmv a2, a3\nli s0, 0\n"
    "jalr t0\n"
    "ld ra, 8(sp)\nld s0, 0(sp)\n.cfi_restore s0\n"
    "addi sp, sp, 16\n.cfi_def_cfa_offset 0\n"
    "ret\n"
    ".cfi_endproc\n.size jitdebug_call_main, .-jitdebug_call_main\n.popsection\n");
#else
#error "jitdebug_call_main is not written for this architecture"
#endif

int64_t call_main(uint64_t function, int argc, char **argv, char **envp) {
  return jitdebug_call_main(function, argc, argv, envp);
}
