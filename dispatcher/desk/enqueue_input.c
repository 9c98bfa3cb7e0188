#include "desk/enqueue_input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "model/job.h"
#include "model/json.h"

#define INPUT_MAX ((size_t)1 << 30)
#define READ_SIZE ((size_t)1 << 16)

int enqueue_input_open(const char *name, struct enqueue_input *out, struct error *err)
{
    bool standard = name == NULL || strcmp(name, "-") == 0;
    *out = (struct enqueue_input){.shown = standard ? "standard input" : name, .fd = -1};
    if (standard) {
        out->fd = STDIN_FILENO;
        return 0;
    }
    out->ended = true;
    return file_read_path(name, INPUT_MAX, &out->text, err);
}

void enqueue_input_close(struct enqueue_input *in)
{
    buf_free(&in->text);
}

/* ---- reading ---- */

/* What was taken makes room. */
static void forget_taken(struct enqueue_input *in)
{
    if (in->ended || (in->at < READ_SIZE && in->at < in->text.len))
        return;
    memmove(in->text.data, in->text.data + in->at, in->text.len - in->at);
    buf_truncate(&in->text, in->text.len - in->at);
    in->at = 0;
}

static int read_more(struct enqueue_input *in, struct error *err)
{
    if (in->text.len > INPUT_MAX)
        return error_set(err, ERR_INPUT,
                         "%s is larger than %zu bytes, the most accepted here; split it up",
                         in->shown, INPUT_MAX);
    buf_reserve(&in->text, READ_SIZE);
    ssize_t got = read(in->fd, in->text.data + in->text.len, READ_SIZE);
    if (got < 0 && errno != EINTR)
        return error_errno(err, ERR_IO, "cannot read %s", in->shown);
    in->ended = got == 0;
    in->text.len += got > 0 ? (size_t)got : 0;
    buf_truncate(&in->text, in->text.len); /* ends it with its NUL */
    return 0;
}

static const char *find_newline(const struct enqueue_input *in, size_t from)
{
    return from < in->text.len ? memchr(in->text.data + from, '\n', in->text.len - from) : NULL;
}

/* Up to the end of the line that begins at `at`, or of all there is. */
static int read_line(struct enqueue_input *in, struct error *err)
{
    size_t looked = in->at;
    int rc = 0;
    while (rc == 0 && !in->ended && find_newline(in, looked) == NULL) {
        looked = in->text.len;
        rc = read_more(in, err);
    }
    return rc;
}

static size_t line_length(const struct enqueue_input *in)
{
    const char *newline = find_newline(in, in->at);
    size_t end = newline != NULL ? (size_t)(newline - in->text.data) : in->text.len;
    return end - in->at;
}

/* ---- a document or lines ---- */

static bool is_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\0' || strchr(" \t\r\n", text[i]) == NULL)
            return false;
    }
    return true;
}

/* Is it one JSON value? With `key`: an object that has it. */
static bool is_value(const char *text, size_t len, const char *key)
{
    struct json_t *value = NULL;
    bool whole = json_parse(text, len, "", 1, JOB_DEPTH_MAX, &value, NULL) == 0 &&
                 (key == NULL || json_get(value, key) != NULL);
    json_free(value);
    return whole;
}

/* JSON Lines if it is no single value but a line of it is a notice: one broken line, be it the
 * first, does not make the good ones a broken document. */
static bool is_lines(const char *text, size_t len)
{
    const char *end = text + len;
    if (is_value(text, len, NULL))
        return false;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t size = (size_t)((newline != NULL ? newline : end) - text);
        if (*text == '{' && is_value(text, size, "id"))
            return true;
        text += size + 1;
    }
    return false;
}

/* A notice that fills the first line need not wait for the second one. Of anything else all must be
 * there to say what it is. */
static int decide(struct enqueue_input *in, struct error *err)
{
    int rc = read_line(in, err);
    if (rc != 0)
        return rc;
    in->decided = true;
    in->as_lines = is_value(buf_text(&in->text), line_length(in), "id");
    while (rc == 0 && !in->as_lines && !in->ended)
        rc = read_more(in, err);
    if (rc == 0 && !in->as_lines)
        in->as_lines = is_lines(buf_text(&in->text), in->text.len);
    return rc;
}

/* ---- one by one ---- */

static int next_line(struct enqueue_input *in, const char **out_text, size_t *out_len,
                     struct error *err)
{
    for (;;) {
        forget_taken(in);
        int rc = read_line(in, err);
        if (rc != 0 || in->at >= in->text.len)
            return rc;
        *out_text = in->text.data + in->at;
        *out_len = line_length(in);
        in->at += *out_len;
        in->at += in->at < in->text.len ? 1 : 0;
        in->line++;
        if (!is_blank(*out_text, *out_len))
            return 1;
    }
}

int enqueue_input_next(struct enqueue_input *in, const char **out_text, size_t *out_len,
                       struct error *err)
{
    int rc = in->decided ? 0 : decide(in, err);
    if (rc != 0)
        return rc;
    if (in->as_lines)
        return next_line(in, out_text, out_len, err);
    bool any = in->line == 0 && !is_blank(buf_text(&in->text), in->text.len);
    *out_text = buf_text(&in->text);
    *out_len = in->text.len;
    in->line = 1;
    return any ? 1 : 0;
}
