/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TOOLS_SHOPCTL_PAGES_H
#define SHOP_TOOLS_SHOPCTL_PAGES_H

/* Pages made from shopctl.def, written to a stream. */

#include <stdio.h>

#include "tools/shopctl_table.h"

void shopctl_print_usage(FILE *out);                    /* shopctl --help */
void shopctl_print_group(FILE *out, const char *group); /* shopctl GROUP --help */
void shopctl_print_help(FILE *out, const shopctl_command_t *command);
void shopctl_print_markdown(FILE *out);   /* docs/shopctl.md */
void shopctl_print_man(FILE *out);        /* shopctl(8) */
void shopctl_print_completion(FILE *out); /* for bash */

/* Prints text for roff: `code` is bold, lines that begin with blanks are left as they are. For
 * further manual pages. */
void shopctl_print_roff(FILE *out, const char *text);
/* Prints lines of at most 80 columns, each behind indent blanks. */
void shopctl_print_wrapped(FILE *out, const char *text, int indent);

#endif
