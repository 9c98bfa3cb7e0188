#include "channel/http_request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

static const char token_characters[] = "!#$%&'*+-.^_`|~0123456789"
                                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

static bool holds_control_character(const char *value)
{
    for (const char *at = value; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

int http_check_header(const char *name, const char *value, struct error *err)
{
    if (*name == '\0' || strspn(name, token_characters) != strlen(name))
        return error_set(err, ERR_INPUT,
                         "a header name may only hold letters, digits and !#$%%&'*+-.^_`|~");
    if (holds_control_character(value))
        return error_set(err, ERR_INPUT,
                         "the value of header %s holds a line break or another control character",
                         name);
    return 0;
}

int http_request_add_header(struct http_request *r, const char *name, const char *value,
                            struct error *err)
{
    struct buf line = {0};
    int rc = http_check_header(name, value, err);
    if (rc != 0)
        return rc;
    /* libcurl's spelling of a header without a value: a colon alone would remove the header. */
    if (value[strspn(value, " \t")] == '\0')
        buf_printf(&line, "%s;", name);
    else
        buf_printf(&line, "%s: %s", name, value);
    r->headers = xreallocarray(r->headers, r->header_count + 1, sizeof(*r->headers));
    r->headers[r->header_count++] = buf_steal(&line);
    return 0;
}

bool http_request_has_header(const struct http_request *r, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < r->header_count; i++) {
        char end = strncasecmp(r->headers[i], name, len) == 0 ? r->headers[i][len] : '\0';
        if (end == ':' || end == ';')
            return true;
    }
    return false;
}

void http_request_free(struct http_request *r)
{
    for (size_t i = 0; i < r->header_count; i++)
        free(r->headers[i]);
    free(r->headers);
    free(r->sigv4);
    free(r->sigv4_key);
    free(r->sigv4_secret);
    buf_free(&r->url);
    buf_free(&r->body);
    *r = (struct http_request){0};
}
