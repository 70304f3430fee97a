/* Between oracle.c, which is the same for every victim, and a file that says what an operation on one of them is. */
typedef unsigned long u64;
typedef unsigned int u32;

struct message { u32 source, type; u64 arg[7], seq; };

extern volatile struct message *const page; /* after ask: the answer */

enum { REPLY = 0x100, OK = 0 };

/* How an operation ended. */
enum verdict {
	RIGHT,
	REFUSED, /* with a definite error, which a victim that works would not give */
	WRONG,
	LOST,    /* the victim lives, and there was no answer within the limit */
	DIED     /* in the middle: the operation is done again on its next life */
};

/* In oracle.c. ask sends a request to the victim, and waits for its answer as long as the operation may still take: RIGHT (there is one,
 * Arg[0] is OK), REFUSED, LOST or DIED. */
enum verdict ask(u32 type, u64 a, u64 b);

/* In the operation's file. */
void begin(void);                 /* a Run begins */
enum verdict operate(int fresh);  /* does one. fresh: the life is another one than the operation before had, and if that ended in DIED this is the same once more */
