/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "figures.h"

#include <errno.h>
#include <stdlib.h>

int figures_open(struct figures *list, const char *file)
{
        int c = EOF;

        *list = (struct figures){ .file = fopen(file, "r+e") };
        if (!list->file)
                list->file = fopen(file, "w+e");
        if (!list->file)
                return -errno;

        /* Back to before the closing bracket. */
        for (long at = -1; fseek(list->file, at, SEEK_END) == 0; at--) {
                c = fgetc(list->file);
                if (c != ']' && c != '\n')
                        break;
        }
        (void) fseek(list->file, 0, SEEK_CUR); /* from reading to writing */
        if (c == EOF)
                (void) fputc('[', list->file);
        list->some = c != EOF && c != '[';
        return 0;
}

static int compare(const void *a, const void *b)
{
        double x = *(const double *) a, y = *(const double *) b;

        return (x > y) - (x < y);
}

/* Sorts the values; *ret_spread is half the distance of the outer quartiles, relative to the median. */
static double median(double *values, uint32_t n, double *ret_spread)
{
        qsort(values, n, sizeof(*values), compare);
        *ret_spread = (values[n * 3 / 4] - values[n / 4]) / 2 / values[n / 2];
        return values[n / 2];
}

void figures_add(struct figures *list, const struct figure *f)
{
        double spread, base_spread, value = median(f->values, f->n, &spread), base = 0;
        char baseline[96] = "null", ratio[32] = "null";

        (void) printf("  %-40s %7.1f %s  +-%4.1f %%", f->subject, value, f->unit, spread * 100);
        if (f->bases) {
                base = median(f->bases, f->n, &base_spread);
                (void) printf("   %.2f of %s (%.1f)", value / base, f->baseline, base);
                (void) snprintf(baseline, sizeof(baseline), "\"%s\"", f->baseline);
                (void) snprintf(ratio, sizeof(ratio), "%.4f", value / base);
        }
        (void) printf("\n");

        (void) fprintf(list->file, "%s\n  {\"bench\": \"%s\", \"subject\": \"%s\", \"baseline\": %s, ", list->some ? "," : "",
                       f->bench, f->subject, baseline);
        (void) fprintf(list->file, "\"value\": %.2f, \"unit\": \"%s\", \"ratio\": %s, ", value, f->unit, ratio);
        (void) fprintf(list->file, "\"spread\": %.4f, \"runs\": %u, \"note\": \"%s\"}", spread, f->n, f->note);
        list->some = true;
}

int figures_close(struct figures *list)
{
        (void) fputs("\n]\n", list->file);
        return fclose(list->file) == 0 ? 0 : -1;
}
