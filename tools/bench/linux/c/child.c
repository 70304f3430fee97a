/* A child with a C library. */
#include <sys/mman.h>
#include <unistd.h>

#include "child.h"
#include "counter.h"

int main(void)
{
	char c = CHILD_READY;

	while (write(CHILD_OUT, &c, 1) == 1 && read(CHILD_IN, &c, 1) == 1 && c != CHILD_FAULT)
		;
	if (c == CHILD_FAULT) {
		volatile unsigned long *stamp = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, CHILD_STAMP, 0);

		*stamp = 0; /* the page is there before the counter is read */
		*stamp = counter();
		return *(volatile int *)0;
	}
	return 0;
}
