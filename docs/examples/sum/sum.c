/* A service without Go, and without a library, that computes: a polynomial, two check sums of a caller's bytes, a caller's words in
 * order. It is what campaigns break beside the Go services: loops, branches, a table, calls with arguments, and answers that tell.
 * What it relies on is docs/ABI.md, its messages are drivers/protocol/sum. Build it:
 *
 *     docs/examples/sum/build.sh /tmp/extra && make run EXTRA=/tmp/extra
 */
typedef unsigned long u64;
typedef unsigned int u32;
typedef unsigned char u8;

struct message { u32 source, type; u64 arg[7], seq; };
struct grant { u32 flags, seq, to, unused; u64 start, len; };

static volatile struct message *const page = (void *)0x40002000; /* CallArea.Msg */
static volatile struct grant *const grants = (void *)0x40002800; /* CallArea.Grants */
static volatile u32 *const root = (void *)0x40001010;            /* StartInfo.Root */

enum { RECEIVE = 2, SENDREC = 3, SENDNB = 5, EXIT = 32, COPYFROM = 47, COPYTO = 48 };
enum { REPLY = 0x100, NOTIFY = 0x1000, READY = 0x714, HEARTBEAT = 0x715, STOP = 0x716 };
enum { POLY = 0xf00, CRC = 0xf01, SORT = 0xf02, STATE = 0xf03 };
enum { OK = 0, E2BIG = 7, EINVAL = 22, ENOSYS = 78 };
enum { ANY = 0x3e, LONGEST = 2048 };
#define FOREVER (~0UL)

#define kept __attribute__((noinline, noclone))

static u64 count;
static u32 table[256];
static u64 words[LONGEST / 8]; /* bytes of a caller */

static u64 call(u64 nr, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	register u64 r10 __asm__("r10") = d;
	register u64 r8 __asm__("r8") = e;

	__asm__ volatile("syscall" : "+a"(nr), "+d"(c) : "D"(a), "S"(b), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
	return nr; /* the error number */
}

/* value is the polynomial of n coefficients, the constant one first, at x. */
static kept u64 value(const u64 *coefficient, u32 n, u64 x)
{
	u64 v = 0;

	while (n-- > 0)
		v = v * x + coefficient[n];
	return v;
}

static kept u32 shifted(u32 v)
{
	for (int i = 0; i < 8; i++)
		v = v & 1 ? v >> 1 ^ 0xedb88320 : v >> 1;
	return v;
}

static kept void fill(void)
{
	for (u32 i = 0; i < 256; i++)
		table[i] = shifted(i);
}

static kept u32 crc(const u8 *b, u64 n)
{
	u32 v = ~0U;

	for (u64 i = 0; i < n; i++)
		v = table[(v ^ b[i]) & 0xff] ^ v >> 8;
	return ~v;
}

static kept u32 adler(const u8 *b, u64 n)
{
	u32 low = 1, high = 0;

	while (n > 0) {
		u64 piece = n < 256 ? n : 256; /* sums stay below 2^32 */

		n -= piece;
		while (piece-- > 0)
			high += low += *b++;
		low %= 65521;
		high %= 65521;
	}
	return high << 16 | low;
}

/* place puts v where it belongs among the n words before it, which are in order, and counts the words that make room. */
static kept u64 place(u64 *word, u64 n, u64 v)
{
	u64 at = n;

	for (; at > 0 && word[at - 1] > v; at--)
		word[at] = word[at - 1];
	word[at] = v;
	return n - at;
}

static kept u64 sort(u64 *word, u64 n)
{
	u64 moves = 0;

	for (u64 i = 1; i < n; i++)
		moves += place(word, i, word[i]);
	return moves;
}

/* fetch copies n bytes of a caller's grant to words. */
static kept u64 fetch(u32 source, u64 grant, u64 n)
{
	if (n > LONGEST)
		return E2BIG;
	return call(COPYFROM, source, grant, 0, (u64)words, n);
}

/* let gives a task a grant of the table's first bytes: it is the only grant that there is. */
static kept u64 let(u32 to)
{
	grants[0].flags = 0;
	grants[0].to = to;
	grants[0].start = (u64)table;
	grants[0].len = 8;
	grants[0].seq = 1;
	grants[0].flags = 1 | 2; /* valid, read */
	return 1 << 8;
}

/* answer does a request and says with which error number it is to be answered; result becomes Arg[1] and Arg[2]. */
static kept u64 answer(u32 source, u32 type, const u64 *arg, u64 *result)
{
	u64 error;

	switch (type) {
	case POLY:
		result[0] = value(arg + 1, 5, arg[0]);
		return OK;
	case CRC:
		if ((error = fetch(source, arg[0], arg[1])) != OK)
			return error;
		result[0] = crc((u8 *)words, arg[1]);
		result[1] = adler((u8 *)words, arg[1]);
		return OK;
	case SORT:
		if (arg[1] % 8 != 0)
			return EINVAL;
		if ((error = fetch(source, arg[0], arg[1])) != OK)
			return error;
		result[0] = sort(words, arg[1] / 8);
		return call(COPYTO, source, arg[0], 0, (u64)words, arg[1]);
	case STATE:
		result[0] = count;
		result[1] = let(source);
		return OK;
	}
	return ENOSYS;
}

static kept void serve(u32 source, u32 type)
{
	u64 arg[6], result[2] = {0, 0};

	for (int i = 0; i < 6; i++)
		arg[i] = page->arg[i];
	u64 error = answer(source, type, arg, result);
	if (error == OK)
		count++;
	page->type = REPLY; /* Arg[6], the asker's tag, goes back as it came */
	page->arg[0] = error;
	page->arg[1] = result[0];
	page->arg[2] = result[1];
	call(SENDNB, source, 0, 0, 0, 0);
}

/* news answers a ping, and takes what RS has for the service. It returns when there is no more. */
static kept void news(void)
{
	for (;;) {
		page->type = HEARTBEAT;
		if (call(SENDREC, *root, FOREVER, 0, 0, 0) != 0 || page->type == REPLY)
			return;
		if (page->type == STOP)
			call(EXIT, 0, 0, 0, 0, 0);
	}
}

void run(void)
{
	fill();
	page->type = READY;
	page->arg[0] = 0;
	call(SENDREC, *root, FOREVER, 0, 0, 0);
	for (;;) {
		if (call(RECEIVE, ANY, FOREVER, 0, 0, 0) != 0)
			continue;
		u32 source = page->source, type = page->type;
		if (source == *root && type == NOTIFY)
			news();
		else if (source == *root && type == STOP)
			call(EXIT, 0, 0, 0, 0, 0);
		else if (source != *root && type != NOTIFY)
			serve(source, type);
	}
}

/* There is no stack at the entry: take one from the end of RAM. */
__asm__(".globl _start\n"
	"_start: mov $0x8ffffff0, %esp\n"
	"	xor %ebp, %ebp\n"
	"	call run\n"
	"	ud2\n");
