// What the C library would only pass on goes to the kernel directly. Each function that is imported costs the executor some 80
// bytes (a symbol, its name, its version, a relocation, a table entry, a stub), which its limit has better uses for.
//
// Include this after all system headers. Results and errno are the functions'.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define accept4(...) (int)syscall(SYS_accept4, __VA_ARGS__)
#define access(path, mode) (int)syscall(SYS_faccessat, AT_FDCWD, path, mode)
#define bind(...) (int)syscall(SYS_bind, __VA_ARGS__)
#define chdir(path) (int)syscall(SYS_chdir, path)
#define clock_gettime(...) (int)syscall(SYS_clock_gettime, __VA_ARGS__)
#define connect(...) (int)syscall(SYS_connect, __VA_ARGS__)
#define dup3(...) (int)syscall(SYS_dup3, __VA_ARGS__)
#define epoll_create1(...) (int)syscall(SYS_epoll_create1, __VA_ARGS__)
#define epoll_ctl(...) (int)syscall(SYS_epoll_ctl, __VA_ARGS__)
#define epoll_wait(...) (int)syscall(SYS_epoll_pwait, __VA_ARGS__, 0)
#define eventfd(...) (int)syscall(SYS_eventfd2, __VA_ARGS__)
#define ftruncate(...) (int)syscall(SYS_ftruncate, __VA_ARGS__)
#define geteuid() (uid_t)syscall(SYS_geteuid)
#define getppid() (pid_t)syscall(SYS_getppid)
#define getrandom(...) syscall(SYS_getrandom, __VA_ARGS__)
#define getrusage(...) (int)syscall(SYS_getrusage, __VA_ARGS__)
#define getsockopt(...) (int)syscall(SYS_getsockopt, __VA_ARGS__)
#define kill(...) (int)syscall(SYS_kill, __VA_ARGS__)
#define lchown(path, user, group) (int)syscall(SYS_fchownat, AT_FDCWD, path, user, group, AT_SYMLINK_NOFOLLOW)
#define listen(...) (int)syscall(SYS_listen, __VA_ARGS__)
#define memfd_create(...) (int)syscall(SYS_memfd_create, __VA_ARGS__)
#define mprotect(...) (int)syscall(SYS_mprotect, __VA_ARGS__)
#define munmap(...) (int)syscall(SYS_munmap, __VA_ARGS__)
#define pipe2(...) (int)syscall(SYS_pipe2, __VA_ARGS__)
#define prctl(...) (int)syscall(SYS_prctl, __VA_ARGS__)
#define pread(...) syscall(SYS_pread64, __VA_ARGS__)
#define recv(...) syscall(SYS_recvfrom, __VA_ARGS__, 0, 0)
#define rename(from, to) (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0)
#define send(...) syscall(SYS_sendto, __VA_ARGS__, 0, 0)
#define sendmsg(...) syscall(SYS_sendmsg, __VA_ARGS__)
#define setrlimit(...) (int)syscall(SYS_prlimit64, 0, __VA_ARGS__, 0)
#define setsid() (pid_t)syscall(SYS_setsid)
#define setsockopt(...) (int)syscall(SYS_setsockopt, __VA_ARGS__)
#define shutdown(...) (int)syscall(SYS_shutdown, __VA_ARGS__)
#define sigaltstack(...) (int)syscall(SYS_sigaltstack, __VA_ARGS__)
// Of the C library's larger set the kernel takes as much as it has.
#define signalfd(descriptor, set, flags) (int)syscall(SYS_signalfd4, descriptor, set, 8, flags)
#define socket(...) (int)syscall(SYS_socket, __VA_ARGS__)
#define socketpair(...) (int)syscall(SYS_socketpair, __VA_ARGS__)
#define umask(mask) (mode_t)syscall(SYS_umask, mask)
#define unlink(path) (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0)
#define waitpid(...) (pid_t)syscall(SYS_wait4, __VA_ARGS__, 0)
