// The standard streams, directory and environment of the process that runs a program.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

struct pipe_ends {
  int reader;
  int writer;
};

/// Makes a pipe whose reader never blocks, with descriptors that a program does not expect to own. Returns 0 or an
/// errno value.
int pipe_create(struct pipe_ends *ends);

/// Reads what is there. Returns the number of bytes, 0 at the end, or -1 if nothing is there now.
int64_t pipe_read(int reader, uint8_t *bytes, size_t size);

/// Makes the pipes' writers the process's standard output and error. The originals stay for the next program, see Renewal.h.
void streams_forward_output(int output_writer, int error_writer);
/// Makes printf write each line when it ends, as it does on a terminal.
void streams_buffer_lines(void);
/// Makes a new pipe the process's standard input. Returns its writer, or a negated errno value. The process's own
/// children do not keep the writer open.
int streams_forward_input(void);
/// Writes everything, waiting for the reader. Returns 0 or an errno value; EPIPE when nobody reads.
int streams_write_input(int writer, const uint8_t *bytes, size_t size);
void streams_close_input(int writer);
/// Makes standard input empty.
void streams_disconnect_input(void);

int directory_change(const char *path);
int environment_set(const char *name, const char *value);
/// The environment as `main` gets it.
char *_Nullable *_Nonnull environment_pointer(void);

#pragma clang assume_nonnull end
