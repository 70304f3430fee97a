/* A service without Go, and without a library: it answers every request with a count of them.
 * What it relies on is docs/ABI.md. Build and run it:
 *
 *     docs/examples/echo/build.sh /tmp/extra && make run EXTRA=/tmp/extra
 */
typedef unsigned long u64;
typedef unsigned int u32;

struct message { u32 source, type; u64 arg[7], seq; };

static volatile struct message *const page = (void *)0x40002000; /* CallArea.Msg */
static volatile u32 *const root = (void *)0x40001010;            /* StartInfo.Root */

enum { RECEIVE = 2, SENDREC = 3, SENDNB = 5, EXIT = 32 };
enum { REPLY = 0x100, NOTIFY = 0x1000, READY = 0x714, HEARTBEAT = 0x715, STOP = 0x716 };
enum { ANY = 0x3e };
#define FOREVER (~0UL)

static u64 call(u64 nr, u64 a, u64 b)
{
	u64 unused;
	__asm__ volatile("syscall" : "+a"(nr), "=d"(unused) : "D"(a), "S"(b) : "rcx", "r11", "memory");
	return nr; /* the error number */
}

void run(void)
{
	u64 count = 0;

	page->type = READY;
	page->arg[0] = 0;
	call(SENDREC, *root, FOREVER);
	for (;;) {
		if (call(RECEIVE, ANY, FOREVER) != 0)
			continue;
		u32 source = page->source, type = page->type;
		while (type == NOTIFY && source == *root) { /* a ping, or RS has something for us: this fetches it */
			page->type = HEARTBEAT;
			if (call(SENDREC, *root, FOREVER) != 0)
				break;
			if ((type = page->type) != REPLY) { /* RSStop or another order */
				if (type == STOP)
					call(EXIT, 0, 0);
				type = NOTIFY; /* there may be more */
			}
		}
		if (source == *root) {
			if (type == STOP)
				call(EXIT, 0, 0);
		} else if (type != NOTIFY) { /* Arg[6], the asker's tag, goes back as it came */
			page->type = REPLY;
			page->arg[0] = 0;
			page->arg[1] = ++count;
			call(SENDNB, source, 0);
		}
	}
}

/* There is no stack at the entry: take one from the end of RAM. */
__asm__(".globl _start\n"
	"_start: mov $0x8ffffff0, %esp\n"
	"	xor %ebp, %ebp\n"
	"	call run\n"
	"	ud2\n");
