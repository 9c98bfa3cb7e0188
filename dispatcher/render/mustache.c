#include "render/mustache.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "model/json.h"
#include "render/program.h"

#define TEMPLATE_SIZE_MAX (1024 * 1024)
#define DATA_SIZE_MAX     (16 * 1024 * 1024)
#define DATA_DEPTH_MAX    64

struct partials {
    const char *directory; /* NULL: none */
    struct buf text;       /* of the last one */
};

/* A name must stay inside the directory. */
static bool name_ok(const char *name)
{
    return *name != '\0' && *name != '/' && *name != '.' && strstr(name, "..") == NULL;
}

static const char *read_partial(void *context, const char *name)
{
    struct partials *p = context;
    struct buf file = {0};
    if (p->directory == NULL || !name_ok(name))
        return NULL;
    buf_printf(&file, "%s.mustache", name);
    char *path = file_join(p->directory, buf_text(&file));
    buf_reset(&p->text);
    int rc = file_read_path(path, TEMPLATE_SIZE_MAX, &p->text, NULL);
    free(path);
    buf_free(&file);
    return rc == 0 ? buf_text(&p->text) : NULL;
}

static int read_utf8(const char *path, size_t limit, struct buf *out, struct error *err)
{
    int rc = file_read_path(path, limit, out, err);
    if (rc == 0 && !utf8_valid(buf_text(out), out->len))
        rc = error_set(err, ERR_INPUT, "%s: this file is not UTF-8", path);
    return rc;
}

static int compile_file(const struct mustache_options *o, struct program **out, struct error *err)
{
    struct buf source = {0};
    struct partials partials = {.directory = o->partials};
    struct program_options options = {.file = o->template_path,
                                      .strict = o->missing_is_error,
                                      .partial = read_partial,
                                      .partial_context = &partials};
    int rc = read_utf8(o->template_path, TEMPLATE_SIZE_MAX, &source, err);
    if (rc == 0)
        rc = program_compile(buf_text(&source), source.len, &options, out, err);
    buf_free(&partials.text);
    buf_free(&source);
    return rc;
}

int mustache_render(const struct mustache_options *options, struct buf *out, struct error *err)
{
    struct program *program = NULL;
    struct json_t *data = NULL;
    struct buf text = {0};
    int rc = compile_file(options, &program, err);
    if (rc == 0)
        rc = read_utf8(options->data_path, DATA_SIZE_MAX, &text, err);
    if (rc == 0)
        rc = json_parse(buf_text(&text), text.len, options->data_path, 1, DATA_DEPTH_MAX, &data,
                        err);
    if (rc == 0)
        rc = program_run(program, data, options->escape_html ? ESCAPE_HTML : ESCAPE_NONE, NULL, out,
                         err);
    buf_free(&text);
    json_free(data);
    program_free(program);
    return rc;
}
