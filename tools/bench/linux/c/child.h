/* What a parent and its children agree on. A child writes CHILD_READY to CHILD_OUT; then it sends every byte that it reads
 * from CHILD_IN back, but CHILD_FAULT: for that it maps the memory of CHILD_STAMP, writes the time-stamp counter there, and loads
 * from address 0. The parent has the pipes at these numbers already, so a start is vfork and execve and nothing else. */
#define CHILD_IN 3
#define CHILD_OUT 4
#define CHILD_STAMP 5

#define CHILD_READY 'r'
#define CHILD_ECHO 'e'
#define CHILD_FAULT 'f'
