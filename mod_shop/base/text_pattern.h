/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_TEXT_PATTERN_H
#define SHOP_BASE_TEXT_PATTERN_H

/* The rules of text.c as regular expressions for the OpenAPI document: what JSON Schema means by
 * "pattern", ECMA-262 with the flag u. Python, Rust, Java and PCRE read them the same way: there is
 * no lookaround, and characters beyond U+FFFF stand for themselves, since each dialect has another
 * escape for them. They compile without the flag u too, as some linters do it, so there are no
 * ranges beyond U+FFFF. tests/unit/base/test_text_pattern.c compares them with text.c. */

/* Inside of a character class: what no text may hold. */
#define SHOP_TEXT_REFUSED_CONTROLS "\\u0000-\\u001f\\u007f-\\u009f"
#define SHOP_TEXT_REFUSED_CONTROLS_OF_LINES "\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f"
#define SHOP_TEXT_REFUSED_OTHERS                                                                 \
    "\\u2028-\\u202e\\ufdd0-\\ufdef\\ufffe\\uffff"                                               \
    "\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0003fffe\U0003ffff\U0004fffe\U0004ffff\U0005fffe" \
    "\U0005ffff\U0006fffe\U0006ffff\U0007fffe\U0007ffff\U0008fffe\U0008ffff\U0009fffe\U0009ffff" \
    "\U000afffe\U000affff\U000bfffe\U000bffff\U000cfffe\U000cffff\U000dfffe\U000dffff\U000efffe" \
    "\U000effff\U000ffffe\U000fffff\U0010fffe\U0010ffff"
/* The same: spaces of any kind, and what is drawn as nothing, except for the tags and variation
 * selectors of plane 14, which are a range. */
#define SHOP_TEXT_SPACES "\\u0020\\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000"
#define SHOP_TEXT_BLANKS                                                                    \
    "\\u0020\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f" \
    "\\u2000-\\u200f\\u202f\\u205f-\\u206f\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0"      \
    "\\ufff0-\\ufff8\U0001bca0\U0001bca1\U0001bca2\U0001bca3\U0001d173\U0001d174\U0001d175" \
    "\U0001d176\U0001d177\U0001d178\U0001d179\U0001d17a"

/* One line of text, and text of lines. */
#define SHOP_TEXT_LINE "[^" SHOP_TEXT_REFUSED_CONTROLS SHOP_TEXT_REFUSED_OTHERS "]"
#define SHOP_TEXT_LINES "[^" SHOP_TEXT_REFUSED_CONTROLS_OF_LINES SHOP_TEXT_REFUSED_OTHERS "]"
#define SHOP_TEXT_LINE_PATTERN "^" SHOP_TEXT_LINE "*$"
#define SHOP_TEXT_LINES_PATTERN "^" SHOP_TEXT_LINES "*$"
/* The same, not blank. */
#define SHOP_TEXT_SEEN_LINE_PATTERN                                                                \
    "^[" SHOP_TEXT_BLANKS                                                                          \
    "]*[^" SHOP_TEXT_REFUSED_CONTROLS SHOP_TEXT_REFUSED_OTHERS SHOP_TEXT_BLANKS "]" SHOP_TEXT_LINE \
    "*$"
#define SHOP_TEXT_SEEN_LINES_PATTERN                                                           \
    "^[\\t\\n" SHOP_TEXT_BLANKS                                                                \
    "]*[^\\t\\n" SHOP_TEXT_REFUSED_CONTROLS_OF_LINES SHOP_TEXT_REFUSED_OTHERS SHOP_TEXT_BLANKS \
    "]" SHOP_TEXT_LINES "*$"
/* Any character but U+0000, which no JSON string that is sent may hold. */
#define SHOP_TEXT_ANY_PATTERN "^[^\\u0000]*$"
/* 1 to max characters between the spaces that are taken off. less_two: max - 2, at least 0. */
#define SHOP_TEXT_TRIMMED(less_two)                                                \
    "^[" SHOP_TEXT_SPACES "]*" SHOP_TEXT_INNER "(?:" SHOP_TEXT_LINE "{0," less_two \
    "}" SHOP_TEXT_INNER ")?[" SHOP_TEXT_SPACES "]*$"
#define SHOP_TEXT_INNER \
    "[^" SHOP_TEXT_REFUSED_CONTROLS SHOP_TEXT_REFUSED_OTHERS SHOP_TEXT_SPACES "]"
/* A username between the spaces that are taken off. Code points that are newer than the host's
 * tables are taken too, and invisible ones alone are not; no pattern can say either. The letters of
 * ASCII are named for readers without the flag u, to whom \p is a letter. */
#define SHOP_TEXT_USERNAME_PATTERN \
    "^[" SHOP_TEXT_SPACES "]*[A-Za-z0-9_.\\p{L}\\p{M}\\p{Nd}-]{2,64}[" SHOP_TEXT_SPACES "]*$"

#endif
