/* The first process of a Linux that boots in the same QEMU, with the same flags: it does the work that bennu's benchmark does
 * and prints its figures in the same lines. With the argument "boot" it says when it began and no more. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "counter.h"

typedef unsigned long u64;

enum { MANY = 2000, FEW = 50, BYTES = 64 };

static u64 samples[MANY], answers[MANY], base;

static void must(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		reboot(RB_POWER_OFF);
	}
}

static int order(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

/* say prints a figure: n samples, less what reading the counter costs. */
static void say(const char *name, u64 *s, int n, u64 less)
{
	qsort(s, n, sizeof *s, order);
	printf("{\"figure\":\"%s\",\"n\":%d,\"min\":%lu,\"median\":%lu,\"p99\":%lu,\"max\":%lu}\n", name, n,
		s[0] - less, s[n / 2] - less, s[n * 99 / 100 < n ? n * 99 / 100 : n - 1] - less, s[n - 1] - less);
	fflush(stdout);
}

static void null_call(void)
{
	int i;

	for (i = 0; i < MANY; i++) {
		u64 start = counter();
		samples[i] = counter() - start;
	}
	qsort(samples, MANY, sizeof *samples, order);
	base = samples[0];
	for (i = 0; i < MANY; i++) {
		u64 start = counter();
		long nr = SYS_getppid;
		__asm__ volatile("syscall" : "+a"(nr) : : "rcx", "r11", "memory");
		samples[i] = counter() - start;
	}
	say("getppid, C", samples, MANY, base);
}

/* turns measures n times from before ping() to after it; the other process does pong() for ever. */
static void turns(const char *name, void (*ping)(void), void (*pong)(void))
{
	pid_t pid = fork();
	int i;

	must(pid >= 0, "fork");
	if (pid == 0)
		for (;;)
			pong();
	for (i = -10; i < MANY; i++) {
		u64 start = counter();
		ping();
		if (i >= 0)
			samples[i] = counter() - start;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	say(name, samples, MANY, base);
}

static int to[2], from[2]; /* pipes; of eventfds the first */
static char payload[BYTES];

static void pipe_ping(void)
{
	must(write(to[1], payload, BYTES) == BYTES && read(from[0], payload, BYTES) == BYTES, "pipe");
}

static void pipe_pong(void)
{
	must(read(to[0], payload, BYTES) == BYTES && write(from[1], payload, BYTES) == BYTES, "pipe");
}

static void event_ping(void)
{
	u64 v = 1;

	must(write(to[0], &v, sizeof v) == sizeof v && read(from[0], &v, sizeof v) == sizeof v, "eventfd");
}

static void event_pong(void)
{
	u64 v = 1;

	must(read(to[0], &v, sizeof v) == sizeof v && write(from[0], &v, sizeof v) == sizeof v, "eventfd");
}

static struct {
	volatile int asked, answered;
	char payload[BYTES];
} *shared;

static void wake(volatile int *at)
{
	__atomic_add_fetch(at, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, at, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* await returns when *at is no longer what it was. */
static void await(volatile int *at, int was)
{
	while (*at == was)
		syscall(SYS_futex, at, FUTEX_WAIT, was, NULL, NULL, 0);
}

static void futex_ping(void)
{
	int was = shared->answered;

	memcpy(shared->payload, payload, BYTES);
	wake(&shared->asked);
	await(&shared->answered, was);
	memcpy(payload, shared->payload, BYTES);
}

static void futex_pong(void)
{
	static int was;

	await(&shared->asked, was++);
	wake(&shared->answered);
}

static void round_trips(void)
{
	must(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0, "pipe");
	turns("round trip: pipe, 64 bytes, C", pipe_ping, pipe_pong);
	to[0] = eventfd(0, EFD_CLOEXEC), from[0] = eventfd(0, EFD_CLOEXEC);
	turns("round trip: eventfd, 8 bytes, C", event_ping, event_pong);
	shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(shared != MAP_FAILED, "mmap");
	turns("round trip: futex, 64 bytes in shared memory, C", futex_ping, futex_pong);
}

static int child_in, child_out;
static volatile u64 *stamp;

/* place gives a file a number that the children know. */
static void place(int fd, int number)
{
	must(dup2(fd, number) == number, "dup2");
}

static void prepare(void)
{
	int in[2], out[2], memory = memfd_create("stamp", MFD_CLOEXEC), most = 16;

	must(pipe(in) == 0 && pipe(out) == 0 && memory >= 0 && ftruncate(memory, 4096) == 0, "pipes of the children");
	/* Out of the way of the numbers first. */
	child_in = fcntl(in[1], F_DUPFD_CLOEXEC, most), child_out = fcntl(out[0], F_DUPFD_CLOEXEC, most);
	in[0] = fcntl(in[0], F_DUPFD_CLOEXEC, most), out[1] = fcntl(out[1], F_DUPFD_CLOEXEC, most), memory = fcntl(memory, F_DUPFD_CLOEXEC, most);
	place(in[0], CHILD_IN), place(out[1], CHILD_OUT), place(memory, CHILD_STAMP);
	for (int i = CHILD_STAMP + 1; i < most; i++)
		close(i);
	stamp = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	must(stamp != MAP_FAILED, "mmap");
}

static pid_t start(const char *path)
{
	static char *none[] = {NULL};
	char *args[] = {(char *)path, NULL};
	pid_t pid = vfork();

	if (pid == 0) {
		execve(path, args, none);
		_exit(127);
	}
	return pid;
}

static void tell(char c) { must(write(child_in, &c, 1) == 1, "write to the child"); }

static void hear(char want)
{
	char c = 0;

	must(read(child_out, &c, 1) == 1 && c == want, "read from the child");
}

/* rebirths measures from a child's fault, or from before the kill, until another says that it is ready, and until that has
 * answered a request. */
static void rebirths(const char *path, const char *what, int fault)
{
	char name[100];
	pid_t pid = start(path);
	int i;

	hear(CHILD_READY);
	for (i = 0; i < FEW; i++) {
		u64 began = counter();
		int status;

		if (fault)
			tell(CHILD_FAULT);
		else
			kill(pid, SIGKILL);
		must(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status), "the child's end");
		pid = start(path);
		hear(CHILD_READY);
		samples[i] = counter();
		tell(CHILD_ECHO);
		hear(CHILD_ECHO);
		answers[i] = counter();
		began = fault ? *stamp : began;
		samples[i] -= began, answers[i] -= began;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	snprintf(name, sizeof name, "%s to ready: %s", fault ? "nil pointer" : "SIGKILL", what);
	say(name, samples, FEW, 0);
	snprintf(name, sizeof name, "%s to answer: %s", fault ? "nil pointer" : "SIGKILL", what);
	say(name, answers, FEW, 0);
}

/* quiet keeps the kernel from writing a line about each fault: bennu's is in its log, without formatting. */
static void quiet(void)
{
	int f;

	mkdir("/proc", 0755);
	must(mount("proc", "/proc", "proc", 0, NULL) == 0, "mount /proc");
	f = open("/proc/sys/debug/exception-trace", O_WRONLY | O_CLOEXEC);
	must(f >= 0 && write(f, "0", 1) == 1, "exception-trace");
	close(f);
}

/* rest has the program in Go measure its part. */
static void rest(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/go", "go", "bench", NULL);
		_exit(127);
	}
	must(waitpid(pid, &status, 0) == pid && status == 0, "the part in Go");
}

int main(int argc, char **argv)
{
	samples[0] = counter();
	say("reset to init", samples, 1, 0);
	if (argc < 2 || strcmp(argv[1], "boot") != 0) {
		quiet();
		null_call();
		round_trips();
		prepare();
		rebirths("/smallest", "assembly", 1);
		rebirths("/child", "static C", 1);
		rebirths("/go", "Go", 1);
		rebirths("/smallest", "assembly", 0);
		rebirths("/child", "static C", 0);
		rebirths("/go", "Go", 0);
		rest();
	}
	puts("{\"figure\":\"done\"}");
	fflush(stdout);
	reboot(RB_POWER_OFF);
}
