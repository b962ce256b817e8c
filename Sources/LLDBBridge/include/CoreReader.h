// What jitdebug asks of liblldb about a core file: every thread's frames, with names, source lines and arguments.

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Told of one frame: the system's number of its thread, its own in that, 0 for the innermost, and where it is. `texts` are the
/// module, the function, the source file by the source map's rules, and `name=value, name=value`; null where LLDB
/// knows nothing, and valid during the call only. Without source, line and column are 0.
typedef void lldb_core_frame(
    void *_Nonnull context, uint64_t thread, uint32_t number, uint64_t pc, bool is_inlined,
    const char *_Nullable const *_Nonnull texts, uint32_t line, uint32_t column);

/// Carries out a command file, which is to open a core file, and tells of every thread's first frames, in the order of the
/// core's threads. Returns false with a text of at most `capacity` bytes if there is no such thing. To be called once in a
/// process: LLDB cannot be started again after it ended.
bool lldb_core_read(
    const char *_Nonnull script, uint32_t frame_limit, lldb_core_frame *_Nonnull each, void *_Nonnull context,
    char *_Nonnull error, size_t capacity);

#ifdef __cplusplus
}
#endif
