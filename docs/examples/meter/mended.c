/* What survives a death of meter: one value in the data store. The store takes a value whole or not at all, so that no life finds half of it. */
#include "meter.h"

enum { KEPT = 0x7470656b }; /* "kept": the key, as its first word has it */

u64 keep(const struct state *s)
{
	page->arg[0] = KEPT;
	page->arg[1] = 0;
	page->arg[2] = s->total;
	page->arg[3] = s->last;
	page->arg[4] = page->arg[5] = 0;
	return ask_store(KEEP);
}

u64 recall(struct state *s)
{
	page->arg[0] = KEPT;
	page->arg[1] = 0;
	u64 error = ask_store(RECALL);
	s->total = error == OK ? page->arg[1] : 0;
	s->last = error == OK ? page->arg[2] : 0;
	return error == ESRCH ? OK : error;
}
