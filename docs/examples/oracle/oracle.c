/* A workload of one's own for fault-injection campaigns, in C. It is started as the service `load` in rs/load's place, and speaks drivers/protocol/load: this file
 * does. What an operation is, and when its answer is right, another one says (oracle.h): echo.c, whose answers must count one by one, or
 * examples/meter/operation.c. Build both, and break echo:
 *
 *     docs/examples/echo/build.sh /tmp/extra && docs/examples/oracle/build.sh /tmp/extra
 */
#include "oracle.h"

volatile struct message *const page = (void *)0x40002000; /* CallArea.Msg */

static volatile u32 *const root = (void *)0x40001010;     /* StartInfo.Root */
static volatile u64 *const base = (void *)0x40001050;     /* StartInfo.TSCBase, and behind it TSCMult */

enum { RECEIVE = 2, SENDREC = 3, SENDA = 6, EXIT = 32 };
enum { NOTIFY = 0x1000, LOOKUP = 0x708, READY = 0x714, HEARTBEAT = 0x715, STOP = 0x716 };
enum { RUN = 0xd00, OTHERS = 0xd01, STOPRUN = 0xd02 };
enum { EAGAIN = 11, ENOSYS = 78, ETIMEDOUT = 110, ESTALE = 116, EDEADSRCDST = 202, ANY = 0x3e };
enum { GONE = 2, DYING = 3 }; /* load.Why */
enum { MS = 1000000, TRIES = 1000, DEATHS = 16 };
#define FOREVER (~0UL)

static const union { char text[16]; u64 word[2]; } label = {VICTIM}; /* build.sh says whose */

/* What came of a Run. */
static u64 right, errors, wrong, lost, interrupted, first, at, refused, why;

static u32 victim; /* endpoint; 0: to be looked up */
static u64 end_of; /* ns: when the limit of the operation is over */
static u64 tag;

static u64 call(u64 nr, u64 a, u64 b)
{
	u64 unused;
	__asm__ volatile("syscall" : "+a"(nr), "=d"(unused) : "D"(a), "S"(b) : "rcx", "r11", "memory");
	return nr; /* the error number */
}

/* now is ns since boot. */
static u64 now(void)
{
	u32 low, high;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (u64)(((unsigned __int128)((u64)high << 32 | low) - base[0]) * base[1] >> 32);
}

/* news answers a ping, and takes what RS has for the service. */
static void news(void)
{
	for (;;) {
		page->type = HEARTBEAT;
		page->arg[6] = 0;
		if (call(SENDREC, *root, FOREVER) != OK || page->type == REPLY)
			return;
		if (page->type == STOP)
			call(EXIT, 0, 0);
	}
}

/* rest waits for ns; pings are answered. */
static void rest(u64 ns)
{
	for (u64 end = now() + ns, left; (left = end - now()) <= ns && left > 0;)
		if (call(RECEIVE, *root, left) == OK && page->type == NOTIFY)
			news();
}

/* find looks the victim up, until it is ready. 0: it is not within a second. */
static u32 find(void)
{
	for (int i = 0; i < TRIES; i++) {
		u64 pinged = 0, error;

		page->type = LOOKUP;
		page->arg[0] = label.word[0];
		page->arg[1] = label.word[1];
		page->arg[6] = 0;
		error = call(SENDREC, *root, FOREVER);
		while (error == OK && page->type == NOTIFY) { /* a ping came before the answer */
			pinged = 1;
			error = call(RECEIVE, *root, FOREVER);
		}
		u32 found = error == OK && page->type == REPLY && page->arg[0] == OK ? page->arg[1] : 0;
		if (pinged)
			news();
		if (found != 0)
			return found;
		rest(MS);
	}
	return 0;
}

/* ask waits for the answer with its tag, since one that came too late may still be there. */
enum verdict ask(u32 type, u64 a, u64 b)
{
	u64 left = end_of - now(), error = ETIMEDOUT;

	page->type = type;
	page->arg[0] = a;
	page->arg[1] = b;
	page->arg[6] = ++tag;
	if (left <= FOREVER / 2)
		error = call(SENDREC, victim, left);
	while (error == OK && (page->type != REPLY || page->arg[6] != tag)) {
		left = end_of - now();
		error = left <= FOREVER / 2 ? call(RECEIVE, victim, left) : ETIMEDOUT;
	}
	if (error == EDEADSRCDST)
		return DIED;
	if (error != OK)
		return LOST; /* nothing came in time */
	return page->arg[0] == OK ? RIGHT : REFUSED;
}

/* judge counts how an operation ended. */
static void judge(enum verdict v, u64 operation)
{
	switch (v) {
	case RIGHT:
		right++;
		break;
	case REFUSED:
		if (errors++ == 0)
			refused = operation | page->arg[0] << 48;
		break;
	default:
		if (wrong + lost == 0) {
			first = now();
			at = operation;
		}
		if (v == WRONG)
			wrong++;
		else
			lost++;
	}
}

static void run_all(u64 n, u64 limit)
{
	int deaths = 0;

	right = errors = wrong = lost = interrupted = first = at = refused = why = 0;
	begin();
	for (u64 i = 0; i < n;) {
		int fresh = victim == 0;

		if (call(RECEIVE, *root, 0) == OK && page->type == NOTIFY)
			news();
		if (fresh && (victim = find()) == 0) {
			why = GONE;
			return;
		}
		end_of = now() + limit;
		enum verdict v = operate(fresh);
		if (v != DIED) {
			judge(v, i++);
			deaths = 0;
			continue;
		}
		victim = 0;
		interrupted++;
		if (++deaths == DEATHS) {
			why = DYING;
			return;
		}
	}
}

/* clip is a count in 16 bits. */
static u64 clip(u64 n) { return n < 0xffff ? n : 0xffff; }

static void serve(u32 source, u32 type)
{
	u64 a = page->arg[0], b = page->arg[1], asker = page->arg[6], request = page->seq, error = OK;

	switch (type) {
	case RUN:
		run_all(a, b);
		break;
	case OTHERS: /* this workload looks after nobody else */
		right = 1;
		errors = wrong = lost = first = at = refused = why = interrupted = 0;
		break;
	case STOPRUN: /* a Run is over before the next message is received */
		break;
	default:
		error = ENOSYS;
	}
	page->type = REPLY;
	page->arg[0] = error;
	page->arg[1] = clip(right) | clip(errors) << 16 | clip(wrong) << 32 | clip(lost) << 48;
	page->arg[2] = type == OTHERS ? 0 : first;
	page->arg[3] = at;
	page->arg[4] = refused;
	page->arg[5] = clip(interrupted) | why << 16;
	page->arg[6] = asker;
	page->seq = request;
	if (call(SENDA, source, 0) == ESTALE) { /* the asker has given up: it may still take a message, which the kernel keeps until then */
		page->seq = 0;
		call(SENDA, source, 0);
	}
}

void run(void)
{
	page->type = READY;
	page->arg[0] = 0;
	call(SENDREC, *root, FOREVER);
	for (;;) {
		if (call(RECEIVE, ANY, FOREVER) != OK)
			continue;
		u32 source = page->source, type = page->type;
		if (source == *root && type == NOTIFY)
			news();
		else if (source == *root && type == STOP)
			call(EXIT, 0, 0);
		else if (source != *root && type != NOTIFY && type != REPLY)
			serve(source, type);
	}
}

/* There is no stack at the entry: take one from the end of RAM. */
__asm__(".globl _start\n"
	"_start: mov $0x8ffffff0, %esp\n"
	"	xor %ebp, %ebp\n"
	"	call run\n"
	"	ud2\n");
