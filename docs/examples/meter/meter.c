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

/* ask sends what is in page, and waits for the answer: its error number, or why there is none. */
static u64 ask(u32 to, u32 type)
{
	page->type = type;
	page->arg[6] = ++tag;
	u64 error = call(SENDREC, to, FOREVER);
	while (error == OK && (page->type != REPLY || page->arg[6] != tag)) { /* what is not its answer is passed over */
		if (page->type == STOP)
			stop();
		error = call(RECEIVE, to, FOREVER);
	}
	return error == OK ? page->arg[0] : error;
}

static u32 store; /* the data store's endpoint; 0: unknown */

/* ask_store finds the data store, and finds it again when it has died: what is asked of it here may be asked again. */
u64 ask_store(u32 type)
{
	u64 asked[6], error = OK;

	for (int i = 0; i < 6; i++)
		asked[i] = page->arg[i];
	do {
		if (!store) {
			page->arg[0] = 0x7364; /* "ds" */
			page->arg[1] = 0;
			error = ask(*root, LOOKUP);
			store = error == OK ? page->arg[1] : 0;
			continue;
		}
		for (int i = 0; i < 6; i++)
			page->arg[i] = asked[i];
		error = ask(store, type);
		if (error != EDEADSRCDST)
			return error;
		store = 0;
	} while (error == OK || error == EAGAIN || error == EDEADSRCDST);
	return error == ESRCH ? ENOSYS : error; /* no data store is not: nothing kept */
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
