/* SPDX-License-Identifier: MIT
 * Reads a new password from a file, standard input or the terminal. */
#include <apr_strings.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "tools/shopctl.h"

#define SIZE 1024
#define NO_PASSWORD "no password was entered"

/* The first line without its end, in pool. false: there is none, or it is too long. */
static bool read_line(const char **line, FILE *file, apr_pool_t *pool)
{
    char text[SIZE];
    char *got = fgets(text, sizeof(text), file);
    size_t size = got ? strcspn(text, "\r\n") : SIZE;

    if (size < SIZE - 1) {
        *line = apr_pstrmemdup(pool, text, size);
    }
    OPENSSL_cleanse(text, sizeof(text));
    return size < SIZE - 1;
}

static int read_file(const char **password, const shopctl_t *ctl, const char *path)
{
    bool input = !strcmp(path, "-");
    FILE *file = input ? stdin : fopen(path, "re");
    struct stat about;
    bool done;

    if (!file) {
        return shopctl_complain(ctl, "the password file %s cannot be read", path);
    }
    if (!input && !fstat(fileno(file), &about) && S_ISREG(about.st_mode) && (about.st_mode & 077)) {
        fclose(file);
        return shopctl_complain(
            ctl, "the password file %s can be read by others; run: chmod 600 %s", path, path);
    }
    done = read_line(password, file, ctl->pool);
    if (!input) {
        fclose(file);
    }
    return done ? 0
                : shopctl_complain(ctl, "the password file %s has no line of at most %d bytes",
                                   path, SIZE - 2);
}

/* Without echo; the terminal is put back also when the line cannot be read. */
static bool ask(const char **password, const char *prompt, apr_pool_t *pool)
{
    struct termios before, quiet;
    bool done;

    if (tcgetattr(STDIN_FILENO, &before)) {
        return false;
    }
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    fputs(prompt, stderr);
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet)) {
        return false;
    }
    done = read_line(password, stdin, pool);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    return done;
}

/* 0, or the exit status of the problem that was printed. */
static int refuse(const char *password, const shopctl_t *ctl, shopctl_password_check_t check)
{
    shop_error_t *err = check(password, ctl);

    return err ? shopctl_fail(err) : 0;
}

int shopctl_read_password(const char **password, const shopctl_t *ctl,
                          shopctl_password_check_t check)
{
    const char *path = shopctl_value(ctl, SHOPCTL_PASSWORD_FILE);
    const char *again = NULL;
    int status = 0;

    if (path) {
        status = read_file(password, ctl, path);
        return status ? status : refuse(*password, ctl, check);
    }
    if (!isatty(STDIN_FILENO)) {
        return shopctl_complain(ctl,
                                "%s needs --password-file FILE (- for standard input), or a "
                                "terminal to ask on",
                                ctl->line.command->words);
    }
    if (!ask(password, "Password: ", ctl->pool)) {
        return shopctl_complain(ctl, NO_PASSWORD);
    }
    status = refuse(*password, ctl, check);
    if (status) {
        return status;
    }
    if (!ask(&again, "Password again: ", ctl->pool)) {
        return shopctl_complain(ctl, NO_PASSWORD);
    }
    if (strlen(*password) != strlen(again) || CRYPTO_memcmp(*password, again, strlen(again)) != 0) {
        return shopctl_complain(ctl, "the two passwords differ");
    }
    return 0;
}
