/* An electricity meter: it adds up the readings that its clients send. A client that has no answer, since meter died, sends its reading once more, with the
 * same number; it is to count once. So meter keeps, across its deaths, the total and the number of the newest reading in it: keep.c.
 *
 * It is an example of a service that works, whatever one tries at the shell, and has a bug: docs/CAMPAIGNS.md, "Bring your own driver", finds it.
 */
#include "meter.h"

enum { ADD = 0x900, READ = 0x901 };

static struct state now;
static u64 tag;

static u64 call(u64 nr, u64 a, u64 b)
{
	u64 unused;
	__asm__ volatile("syscall" : "+a"(nr), "=d"(unused) : "D"(a), "S"(b) : "rcx", "r11", "memory");
	return nr; /* the error number */
}

static void stop(void)
{
	call(EXIT, 0, 0);
}

/* news answers a ping, and takes what RS has for the service. It returns when there is no more. */
static void news(void)
{
	for (;;) {
		page->type = HEARTBEAT;
		if (call(SENDREC, *root, FOREVER) != OK || page->type == REPLY)
			return;
		if (page->type == STOP)
			stop();
	}
}

u64 ask_root(u32 type)
{
	page->type = type;
	page->arg[6] = ++tag;
	u64 error = call(SENDREC, *root, FOREVER);
	while (error == OK && (page->type != REPLY || page->arg[6] != tag)) { /* something else of RS's came first */
		if (page->type == STOP)
			stop();
		error = call(RECEIVE, *root, FOREVER);
	}
	return error == OK ? page->arg[0] : error;
}

/* add takes reading number, of so many units. */
static u64 add(u64 number, u64 units)
{
	if (number == now.last)
		return OK; /* it is in the total; the life before died before its client heard of it */
	now.total += units;
	now.last = number;
	return keep(&now);
}

static void serve(u32 source, u32 type)
{
	u64 number = page->arg[0], units = page->arg[1], asker = page->arg[6], request = page->seq, error = OK;

	if (type == ADD)
		error = add(number, units);
	else if (type != READ)
		error = ENOSYS;
	page->type = REPLY;
	page->arg[0] = error;
	page->arg[1] = now.total;
	page->arg[6] = asker;
	page->seq = request;
	call(SENDNB, source, 0);
}

void run(void)
{
	u64 error = recall(&now);

	page->type = READY;
	page->arg[0] = error;
	page->arg[1] = page->arg[2] = 0;
	call(SENDREC, *root, FOREVER);
	for (;;) {
		if (call(RECEIVE, ANY, FOREVER) != OK)
			continue;
		u32 source = page->source, type = page->type;
		if (source == *root && type == NOTIFY)
			news();
		else if (source == *root && type == STOP)
			stop();
		else if (source != *root && type != NOTIFY)
			serve(source, type);
	}
}

/* There is no stack at the entry: take one from the end of RAM. */
__asm__(".globl _start\n"
	".type _start, @function\n"
	"_start: mov $0x8ffffff0, %esp\n"
	"	xor %ebp, %ebp\n"
	"	call run\n"
	"	ud2\n");
