/* Files of a test, and what was told of them. */
#ifndef TESTS_CAMPAIGN_FILES_H
#define TESTS_CAMPAIGN_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/problems.h"

static char files_directory[] = "/tmp/campaign-XXXXXX";

static inline int files_begin(void **state)
{
    (void)state;
    return mkdtemp(files_directory) != NULL ? 0 : -1;
}

static inline int files_end(void **state)
{
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", files_directory);
    return system(command);
}

static inline char *write_bytes(const char *name, const void *bytes, size_t len)
{
    char *path = file_join(files_directory, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
    return path;
}

static inline char *write_file(const char *name, const char *text)
{
    return write_bytes(name, text, strlen(text));
}

/* One line for each problem: its position without the directory, level, sentence, rule. */
struct told {
    struct buf text;
};

static inline void told_one(void *context, const struct problem *p)
{
    struct told *t = context;
    const char *at = strstr(p->position, ".yaml:");
    if (at == NULL)
        at = strstr(p->position, ".csv:");
    at = at != NULL ? strchr(at, ':') + 1 : "-";
    buf_printf(&t->text, "%s: %s: %s [%s]\n", at, problem_level_name(p->level), p->text, p->rule);
}

static inline struct problems told_problems(struct told *t)
{
    buf_reset(&t->text);
    return (struct problems){.tell = told_one, .context = t};
}

static inline const char *told_text(const struct told *t)
{
    return buf_text(&t->text);
}

static inline void told_free(struct told *t)
{
    buf_free(&t->text);
}

#endif
