// A megabyte of output on each stream, with every byte value: forwarding must keep it whole and in order.
#include <stdio.h>
#include <unistd.h>

int main(void) {
  for (int i = 0; i < 20000; i++)
    printf("line %05d of fifty-two bytes, to fill the pipe......\n", i);
  unsigned char bytes[256];
  for (int i = 0; i < 256; i++)
    bytes[i] = (unsigned char)i;
  for (int i = 0; i < 400; i++)
    fwrite(bytes, 1, sizeof bytes, stdout);
  for (int i = 0; i < 4000; i++)
    if (write(2, bytes, sizeof bytes) != sizeof bytes)
      return 1;
  return 0;
}
