/* The operation on meter, for examples/oracle: a reading is sent, and the total must have grown by it, however often meter died meanwhile. */
#include "../oracle/oracle.h"

enum { ADD = 0x900, READ = 0x901 };

static u64 total, number;
static int known, sent; /* total is known; reading number was sent, and its answer is not known */

/* What the block before did to the data store is not this one's doing, so each Run asks for the total that it begins with. */
void begin(void)
{
	known = 0;
}

enum verdict operate(int fresh)
{
	enum verdict v;

	if (!known) {
		if ((v = ask(READ, 0, 0)) != RIGHT)
			return v;
		total = page->arg[1];
		known = 1;
		sent = 0;
	}
	if (!fresh || !sent)
		number++;
	sent = 1;
	if ((v = ask(ADD, number, number % 7 + 1)) == DIED)
		return v; /* the same reading goes to the next life */
	sent = 0;
	known = v == RIGHT;
	if (v == RIGHT && page->arg[1] != total + number % 7 + 1)
		v = WRONG;
	total = page->arg[1];
	return v;
}
