// Makes a PVH start info of what GRUB gives, puts the kernel where it belongs, and tells where to enter it.
// The first module is the kernel as flat memory, behind a header that the host wrote (flat.go); the second is the boot
// archive. GRUB may have put either where the kernel goes, so both move out of the way first.
//
// Source: Multiboot2 Specification, "Boot information format"; Xen, "x86/HVM direct boot ABI".
#include <stdint.h>

enum { MODULE = 3, COMMAND_LINE = 1, MEMORY_MAP = 6 };

struct tag { uint32_t type, size; };
struct module { struct tag t; uint32_t start, end; };
struct region { uint64_t addr, size; uint32_t type, reserved; };
struct map { struct tag t; uint32_t entry_size, version; struct region r[]; };
struct flat { uint32_t entry, load, size, memory; }; // then size bytes; memory includes zeros behind them

// What a PVH loader leaves.
struct pvh {
	uint32_t magic, version, flags, modules;
	uint64_t module_list, command_line, rsdp, map;
	uint32_t regions, reserved;
};
struct pvh_module { uint64_t addr, size, command_line, reserved; };

// Below 1 MiB is nothing of the kernel's but its first page tables, from 0x10000 to 0x18000.
struct low {
	struct pvh info;
	struct pvh_module archive;
	char text[1024];
	struct region map[64];
};

#define LOW ((struct low *)0x20000)
#define ARCHIVE ((uint8_t *)(96 << 20))
#define KERNEL ((uint8_t *)(80 << 20))

struct pvh *startInfo = &LOW->info;

static void copy(uint8_t *to, const uint8_t *from, uint32_t n)
{
	if (to <= from) {
		__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
		return;
	}
	to += n - 1, from += n - 1;
	__asm__ volatile("std; rep movsb; cld" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

static void zero(void *to, uint32_t n)
{
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(0) : "memory");
}

static void out(uint16_t port, uint8_t v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static void refuse(const char *why)
{
	for (; *why; why++)
		out(0x3f8, *why);
	for (;;)
		__asm__ volatile("cli; hlt");
}

uint32_t prepare(uint8_t *info)
{
	struct module *m[2];
	int modules = 0;

	zero(LOW, sizeof *LOW);
	for (struct tag *t = (void *)(info + 8); t->type; t = (void *)((uint8_t *)t + ((t->size + 7) & ~7u))) {
		if (t->type == COMMAND_LINE && t->size - 8 <= sizeof LOW->text)
			copy((uint8_t *)LOW->text, (uint8_t *)(t + 1), t->size - 8);
		if (t->type == MODULE && modules < 2)
			m[modules++] = (struct module *)t;
		if (t->type == MEMORY_MAP) {
			struct map *map = (struct map *)t;
			uint32_t n = (t->size - 16) / map->entry_size;
			if (map->entry_size != sizeof(struct region) || n > 64)
				refuse("shim: a memory map of another shape\n");
			copy((uint8_t *)LOW->map, (uint8_t *)map->r, n * sizeof(struct region));
			LOW->info.regions = n;
		}
	}
	if (modules != 2)
		refuse("shim: expected two modules, the kernel and the archive\n");
	uint32_t size = m[1]->end - m[1]->start;
	if (m[0]->end > (uint32_t)KERNEL || m[1]->end > (uint32_t)KERNEL || m[0]->end - m[0]->start > (uint32_t)(ARCHIVE - KERNEL))
		refuse("shim: the modules lie where they are to go\n");
	copy(ARCHIVE, (uint8_t *)m[1]->start, size);
	copy(KERNEL, (uint8_t *)m[0]->start, m[0]->end - m[0]->start);
	struct flat *k = (struct flat *)KERNEL;
	copy((uint8_t *)k->load, (uint8_t *)(k + 1), k->size);
	zero((uint8_t *)k->load + k->size, k->memory - k->size);

	LOW->info.magic = 0x336ec578;
	LOW->info.version = 1;
	LOW->info.modules = 1;
	LOW->info.module_list = (uint32_t)&LOW->archive;
	LOW->info.command_line = (uint32_t)LOW->text;
	LOW->info.map = (uint32_t)LOW->map;
	LOW->archive.addr = (uint32_t)ARCHIVE;
	LOW->archive.size = size;
	return k->entry;
}
