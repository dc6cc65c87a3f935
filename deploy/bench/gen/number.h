/* Numbers on the command lines of the generators. */
#ifndef NUMBER_H
#define NUMBER_H
#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/* The number that text is; anything else, or one out of bounds, ends the program with 2. */
static uint64_t number_of(const char *text, uint64_t least, uint64_t most) {
  char *end;
  errno = 0;
  unsigned long long value = strtoull(text, &end, 10);
  if (errno || end == text || *end || value < least || value > most)
    errx(2, "'%s' is not a number from %llu to %llu", text, (unsigned long long)least, (unsigned long long)most);
  return value;
}

#endif
