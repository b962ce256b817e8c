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
#else
int64_t jitdebug_call_main(uint64_t function, int argc, char **argv, char **envp) {
  return ((int (*)(int, char **, char **))(uintptr_t)function)(argc, argv, envp);
}
#endif

int64_t call_main(uint64_t function, int argc, char **argv, char **envp) {
  return jitdebug_call_main(function, argc, argv, envp);
}
