/* A locale file of a test, written anew for each text. Included behind cmocka. */
#ifndef TESTS_RENDER_LOCALE_FILE_H
#define TESTS_RENDER_LOCALE_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "render/locale.h"

static char directory[] = "/tmp/test_words.XXXXXX";
static char path[sizeof(directory) + 16];

static int make_directory(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/x.yaml", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

static int load(const char *text, struct locale **out, struct error *err)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return locale_load(path, NULL, out, err);
}

static struct locale *must_load(const char *text)
{
    struct error err = {0};
    struct locale *l;
    if (load(text, &l, &err) != 0)
        fail_msg("%s", err.text);
    return l;
}

#endif
