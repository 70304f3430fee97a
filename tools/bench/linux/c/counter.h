/* counter is RDTSC: guest instructions, when QEMU counts them. */
static inline unsigned long counter(void)
{
	unsigned int low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (unsigned long)high << 32 | low;
}
