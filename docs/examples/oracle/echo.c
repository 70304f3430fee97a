/* The operation on examples/echo: its answers count one by one, in each life from 1. */
#include "oracle.h"

enum { ASK = 0x900 };

static u64 last; /* number that it has answered; 0: none yet */

void begin(void) {}

enum verdict operate(int fresh)
{
	if (fresh)
		last = 0;
	enum verdict v = ask(ASK, 0, 0);
	u64 before = last;
	last = v == RIGHT ? page->arg[1] : v == REFUSED ? last : 0;
	return v == RIGHT && before != 0 && last != before + 1 ? WRONG : v;
}
