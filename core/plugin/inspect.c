/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/inspect.h"

#include <errno.h>
#include <gelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <trimtab/plugin.h>

#include "plugin/descriptor.h"
#include "util/cleanup.h"
#include "util/str.h"

#define NOTE_SECTION ".note.trimtab"
#define NOTE_OWNER   "trimtab"
#define SYMBOL       "trimtab_plugin_v1"

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE EM_AARCH64
#else
#error "which ELF machine is this?"
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OUR_DATA ELFDATA2LSB
#else
#define OUR_DATA ELFDATA2MSB
#endif

#define OUR_CLASS (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)

DEFINE_CLEANUP(Elf *, elf_end);

static const struct {
        unsigned machine;
        const char *name;
} machines[] = {
        { EM_386, "i386" },    { EM_X86_64, "x86_64" }, { EM_ARM, "arm" },     { EM_AARCH64, "aarch64" },
        { EM_PPC64, "ppc64" }, { EM_S390, "s390x" },    { EM_RISCV, "riscv" }, { EM_BPF, "BPF" },
};

static const char *machine_name(unsigned machine)
{
        for (size_t i = 0; i < ELEMENTSOF(machines); i++)
                if (machines[i].machine == machine)
                        return machines[i].name;

        return "another machine";
}

int inspection_refuse(struct inspection *i, int error, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        (void) vsnprintf(i->reason, sizeof(i->reason), format, ap);
        va_end(ap);

        return error;
}

static int check_header(Elf *elf, struct inspection *ret)
{
        GElf_Ehdr header;

        if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
                return inspection_refuse(ret, -ENOEXEC, "not an ELF file");

        if (header.e_machine != OUR_MACHINE || header.e_ident[EI_CLASS] != OUR_CLASS ||
            header.e_ident[EI_DATA] != OUR_DATA)
                return inspection_refuse(ret, -ENOEXEC, "built for %s (%s bit), this machine is %s",
                                         machine_name(header.e_machine),
                                         header.e_ident[EI_CLASS] == ELFCLASS64 ? "64" : "32",
                                         machine_name(OUR_MACHINE));

        if (header.e_type != ET_DYN)
                return inspection_refuse(ret, -ENOEXEC, "not a shared object (link it with -shared)");

        return 0;
}

/* What the dynamic loader would map must be in the file: touching a page behind its end is SIGBUS. */
static int check_segments(Elf *elf, uint64_t file_size, struct inspection *ret)
{
        size_t n, n_load = 0;

        if (elf_getphdrnum(elf, &n) < 0)
                return inspection_refuse(ret, -ENOEXEC, "damaged: no program headers");

        for (size_t i = 0; i < n; i++) {
                GElf_Phdr segment;

                if (!gelf_getphdr(elf, (int) i, &segment))
                        return inspection_refuse(ret, -ENOEXEC, "damaged: program header %zu", i);
                if (segment.p_offset > file_size || segment.p_filesz > file_size - segment.p_offset)
                        return inspection_refuse(ret, -ENOEXEC, "truncated: segment %zu ends behind the file",
                                                 i);
                if (segment.p_type == PT_LOAD)
                        n_load++;
        }
        if (n_load == 0)
                return inspection_refuse(ret, -ENOEXEC, "damaged: nothing to load");

        return 0;
}

/* The section of that name (or, with name NULL, type), or NULL. */
static Elf_Scn *find_section(Elf *elf, const char *name, uint32_t type, GElf_Shdr *ret)
{
        Elf_Scn *section = NULL;
        size_t names;

        if (elf_getshdrstrndx(elf, &names) < 0)
                return NULL;

        while ((section = elf_nextscn(elf, section))) {
                const char *own;

                if (!gelf_getshdr(section, ret))
                        continue;
                if (!name && ret->sh_type == type)
                        return section;
                own = name ? elf_strptr(elf, names, ret->sh_name) : NULL;
                if (own && streq(own, name))
                        return section;
        }
        return NULL;
}

static int check_note(Elf *elf, struct inspection *ret)
{
        struct trimtab_note note = {};
        Elf_Scn *section;
        Elf_Data *data;
        GElf_Shdr header;

        section = find_section(elf, NOTE_SECTION, 0, &header);
        data = section ? elf_rawdata(section, NULL) : NULL;
        if (!data || !data->d_buf)
                return inspection_refuse(ret, -ENOEXEC,
                                         "no plugin: no ELF note " NOTE_SECTION
                                         " (defined by TRIMTAB_PLUGIN())");

        /* A later ABI may have a longer note; the head of it stays. */
        if (data->d_size < sizeof(note))
                return inspection_refuse(ret, -ENOEXEC, "damaged: the note has %zu bytes, expected %zu",
                                         data->d_size, sizeof(note));
        memcpy(&note, data->d_buf, sizeof(note));

        if (note.owner_size != sizeof(note.owner) || memcmp(note.owner, NOTE_OWNER, sizeof(note.owner)) != 0)
                return inspection_refuse(ret, -ENOEXEC,
                                         "damaged: the note's owner is not \"" NOTE_OWNER "\"");

        ret->abi = note.abi;
        if (note.abi != TRIMTAB_ABI || note.type != TRIMTAB_ABI)
                return inspection_refuse(ret, -ENOEXEC, "made for plugin ABI %u, this trimtab offers ABI %u",
                                         note.abi, TRIMTAB_ABI);

        if (!memchr(note.name, 0, sizeof(note.name)) || !plugin_name_is_valid(note.name))
                return inspection_refuse(ret, -ENOEXEC,
                                         "the note's plugin name is not a lower case word of at "
                                         "most 31 letters, digits and dashes");
        memcpy(ret->name, note.name, sizeof(ret->name));

        return 0;
}

static bool is_loaded(Elf *elf, uint64_t address, uint64_t size)
{
        size_t n;

        if (elf_getphdrnum(elf, &n) < 0)
                return false;

        for (size_t i = 0; i < n; i++) {
                GElf_Phdr segment;

                if (gelf_getphdr(elf, (int) i, &segment) && segment.p_type == PT_LOAD &&
                    address >= segment.p_vaddr && size <= segment.p_filesz &&
                    address - segment.p_vaddr <= segment.p_filesz - size)
                        return true;
        }
        return false;
}

static int check_symbol(Elf *elf, struct inspection *ret)
{
        GElf_Shdr header;
        GElf_Sym symbol;
        Elf_Scn *section;
        Elf_Data *data;
        bool found = false;

        section = find_section(elf, NULL, SHT_DYNSYM, &header);
        data = section ? elf_getdata(section, NULL) : NULL;
        if (!data)
                return inspection_refuse(ret, -ENOEXEC, "no plugin: it has no dynamic symbols");

        for (int i = 0; gelf_getsym(data, i, &symbol); i++) {
                const char *name = elf_strptr(elf, header.sh_link, symbol.st_name);

                found = name && streq(name, SYMBOL) && symbol.st_shndx != SHN_UNDEF;
                if (found)
                        break;
        }
        if (!found)
                return inspection_refuse(ret, -ENOEXEC, "no plugin: it does not export " SYMBOL);

        if (GELF_ST_TYPE(symbol.st_info) != STT_OBJECT)
                return inspection_refuse(ret, -ENOEXEC, SYMBOL " is not a data object");

        ret->symbol_size = symbol.st_size;
        if (symbol.st_size < PLUGIN_SIZE_1_0 || symbol.st_size > PLUGIN_SIZE_MAX)
                return inspection_refuse(ret, -ENOEXEC, SYMBOL " has %llu bytes, expected at least %zu",
                                         (unsigned long long) symbol.st_size, PLUGIN_SIZE_1_0);

        if (!is_loaded(elf, symbol.st_value, symbol.st_size))
                return inspection_refuse(ret, -ENOEXEC, "damaged: " SYMBOL " lies outside of what is loaded");

        return 0;
}

int inspect_fd(int fd, struct inspection *ret)
{
        _cleanup_(elf_endp) Elf *elf = NULL;
        struct stat st;
        int r;

        *ret = (struct inspection) {};

        if (fstat(fd, &st) < 0)
                return inspection_refuse(ret, -errno, "cannot be read: %s", strerror(errno));

        /* ELF_C_READ, not a mapping: a file cut short while we look must be an error, not SIGBUS. */
        (void) elf_version(EV_CURRENT);
        elf = elf_begin(fd, ELF_C_READ, NULL);
        if (!elf)
                return inspection_refuse(ret, -ENOEXEC, "not an ELF file");

        r = check_header(elf, ret);
        if (r < 0)
                return r;

        r = check_segments(elf, (uint64_t) st.st_size, ret);
        if (r < 0)
                return r;

        r = check_note(elf, ret);
        if (r < 0)
                return r;

        return check_symbol(elf, ret);
}
