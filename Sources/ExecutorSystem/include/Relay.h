// Standard input and output, which may be two pipes, as one socket; and one socket as another.
#pragma once

#pragma clang assume_nonnull begin

/// Forks. In the child it returns a socket that stands for what were its standard input and output, or a negated errno
/// value; those are empty and standard error then. The parent copies to the end, waits for the child and exits as that did.
int relay_standard_streams(void);

/// Connects to an address, waiting up to ten seconds for somebody to listen there; a socket's file is removed then. Returns a
/// descriptor or a negated errno value.
int relay_connect(const char *address);
/// Copies between two sockets until the other one ends.
void relay_sockets(int one, int other);

#pragma clang assume_nonnull end
