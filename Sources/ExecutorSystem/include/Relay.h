// Standard input and output, which may be two pipes, as one socket.
#pragma once

#pragma clang assume_nonnull begin

/// Forks. In the child it returns a socket that stands for what were its standard input and output, or a negated errno
/// value; those are empty and standard error then. The parent copies to the end, waits for the child and exits as that did.
int relay_standard_streams(void);

#pragma clang assume_nonnull end
