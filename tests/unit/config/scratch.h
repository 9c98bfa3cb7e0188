/* A directory of configuration files for one test, and what loading them says. */
#ifndef TEST_CONFIG_SCRATCH_H
#define TEST_CONFIG_SCRATCH_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attributes.h"
#include "config/config.h"

struct scratch {
    char directory[200];
    char config[260];
};

static inline int scratch_remove_one(const char *path, const struct stat *s UNUSED, int flag UNUSED,
                                     struct FTW *ftw UNUSED)
{
    return remove(path);
}

static inline void scratch_open(struct scratch *s)
{
    const char *top = getenv("TMPDIR");
    snprintf(s->directory, sizeof(s->directory), "%s/config.XXXXXX", top != NULL ? top : "/tmp");
    assert_non_null(mkdtemp(s->directory));
    snprintf(s->config, sizeof(s->config), "%s/dispatcher.yaml", s->directory);
}

static inline void scratch_close(struct scratch *s)
{
    nftw(s->directory, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void scratch_write(const struct scratch *s, const char *name, mode_t mode,
                                 const char *text)
{
    char path[400];
    snprintf(path, sizeof(path), "%s/%s", s->directory, name);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    mkdir(path, 0755);
    *slash = '/';
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

/* Loads `text` as dispatcher.yaml; NULL after an error. */
static inline struct settings *scratch_load(const struct scratch *s, const char *text,
                                            struct error *err)
{
    const struct config_options options = {.path = s->config};
    struct settings *settings = NULL;
    scratch_write(s, "dispatcher.yaml", 0644, text);
    *err = (struct error){0};
    int rc = config_load(&options, &settings, err);
    assert_int_equal(rc != 0, settings == NULL);
    return settings;
}

static inline void scratch_free(struct settings *settings)
{
    settings_free(settings);
    free(settings);
}

static inline struct settings *scratch_must_load(const struct scratch *s, const char *text)
{
    struct error err;
    struct settings *settings = scratch_load(s, text, &err);
    if (settings == NULL)
        fail_msg("%s", err.text);
    return settings;
}

/* Loading must fail, and `sentence` be in what is said. */
static inline void scratch_must_refuse(const struct scratch *s, const char *text,
                                       const char *sentence)
{
    struct error err;
    struct settings *settings = scratch_load(s, text, &err);
    scratch_free(settings);
    if (settings != NULL)
        fail_msg("accepted: %s", text);
    assert_int_equal(err.code, ERR_CONFIG);
    if (strstr(err.text, sentence) == NULL)
        fail_msg("no `%s` in: %s", sentence, err.text);
}

#endif
