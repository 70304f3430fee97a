/* The service of ../victim.go in C, without a library. tools/bench builds it, with the numbers of kernel/abi as macros. */
typedef unsigned long u64;
typedef unsigned int u32;

struct message { u32 source, type; u64 arg[7], seq; };

static volatile struct message *const page = (void *)CALL_PAGE;
static volatile u32 *const root = (void *)(START_PAGE + 16);

static u64 call(u64 nr, u64 a, u64 b)
{
	u64 unused;
	__asm__ volatile("syscall" : "+a"(nr), "=d"(unused) : "D"(a), "S"(b) : "rcx", "r11", "memory");
	return nr; /* the error number */
}

static void tell(u64 nr, u32 type, u64 to)
{
	page->type = type;
	page->arg[0] = 0;
	call(nr, to, FOREVER);
}

void run(void)
{
	tell(SENDREC, READY, *root);
	for (;;) {
		if (call(RECEIVE, ANY, FOREVER) != 0)
			continue;
		switch (page->type) {
		case FAULT:
			*(volatile int *)0 = 1;
			break;
		case NOTIFY:
			tell(SEND, HEARTBEAT, *root);
			break;
		case STOP:
			call(EXIT, 0, 0);
			break;
		default:
			tell(SENDNB, REPLY, page->source);
		}
	}
}

/* There is no stack at the entry. */
__asm__(".globl _start\n"
	"_start: movabs $" STACK ", %rsp\n"
	"	xor %ebp, %ebp\n"
	"	call run\n"
	"	ud2\n");
