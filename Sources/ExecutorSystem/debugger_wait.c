// Where the main thread waits for a debugger: in a function of the executor's own, with a name and no caller. A debugger that stops it
// there shows that name, and need not read all the debug info of the C library to find one.
#include "Processes.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>

/// The system call rt_sigtimedwait, of which Linux says that it is interrupted by a stop.
int64_t jitdebug_wait_for_debugger(const sigset_t *set, const struct timespec *limit);

#define FUNCTION(body)                                                                                                 \
  __asm__(".pushsection .text.jitdebug_wait_for_debugger,\"ax\",@progbits\n.balign 4\n"                              \
          ".globl jitdebug_wait_for_debugger\n.type jitdebug_wait_for_debugger,@function\n"                            \
          "jitdebug_wait_for_debugger:\n.cfi_startproc\n" body                                                         \
          ".cfi_endproc\n.size jitdebug_wait_for_debugger, .-jitdebug_wait_for_debugger\n.popsection\n")

#if defined(__x86_64__)
// The nop: at a return instruction GDB goes by the stack, whatever is said of the caller.
FUNCTION(".cfi_undefined rip\nmovq %rsi, %rdx\nxorl %esi, %esi\nmovl $8, %r10d\nmovl $128, %eax\nsyscall\nnop\nretq\n");
#elif defined(__aarch64__)
FUNCTION(".cfi_undefined x30\nmov x2, x1\nmov x1, xzr\nmov x3, #8\nmov x8, #137\nsvc #0\nret\n");
#elif defined(__riscv)
FUNCTION(".cfi_undefined ra\nmv a2, a1\nli a1, 0\nli a3, 8\nli a7, 137\necall\nret\n");
#else
#error "jitdebug_wait_for_debugger is not written for this architecture"
#endif

bool process_wait_for_stop(void) {
  static const sigset_t none;
  static const struct timespec limit = {.tv_nsec = 10000000};
  return jitdebug_wait_for_debugger(&none, &limit) == -EINTR;
}
