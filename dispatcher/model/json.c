#include "model/json.h"

#include <string.h>

#include <jansson.h>

#include "base/text.h"

/* jansson counts columns in bytes of the line; people count characters. */
static int column_in_characters(const char *text, size_t len, size_t offset)
{
    if (offset > len)
        offset = len;
    size_t start = offset;
    while (start > 0 && text[start - 1] != '\n')
        start--;
    int column = 1;
    for (const char *at = text + start; at < text + offset; column++)
        utf8_next(&at, text + len);
    return column;
}

static int depth_of(const json_t *value)
{
    int deepest = 0;
    size_t index;
    const char *key;
    json_t *member;
    if (json_is_array(value)) {
        json_array_foreach((json_t *)(uintptr_t)value, index, member)
        {
            int depth = depth_of(member);
            deepest = depth > deepest ? depth : deepest;
        }
    } else if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, key, member)
        {
            int depth = depth_of(member);
            deepest = depth > deepest ? depth : deepest;
        }
    } else {
        return 0;
    }
    return deepest + 1;
}

/* jansson stops behind the token it dislikes ("... near 'TOKEN'"); people look for where it begins.
 */
static size_t offset_of_token(const char *text, const json_error_t *e)
{
    size_t offset = e->position < 0 ? 0 : (size_t)e->position;
    const char *near = strstr(e->text, " near '");
    if (near == NULL)
        return offset;
    const char *token = near + strlen(" near '");
    size_t len = strlen(token) > 0 ? strlen(token) - 1 : 0;
    bool stands_there = len <= offset && memcmp(text + offset - len, token, len) == 0;
    return stands_there ? offset - len : offset;
}

/* jansson speaks of its own flags where a text holds a NUL. */
static const char *words_of(const json_error_t *e)
{
    enum json_error_code code = json_error_code(e);
    bool nul = code == json_error_null_character || code == json_error_null_byte_in_key;
    return nul ? "\\u0000, the character NUL, can stand in no letter; remove it" : e->text;
}

static int report_syntax(const char *text, size_t len, const char *file, int first_line,
                         const json_error_t *e, struct error *err)
{
    size_t offset = offset_of_token(text, e);
    return error_set(err, ERR_INPUT, "%s:%d:%d: not valid JSON: %s", file,
                     first_line + (e->line > 0 ? e->line - 1 : 0),
                     column_in_characters(text, len, offset), words_of(e));
}

int json_parse(const char *text, size_t len, const char *file, int first_line, int max_depth,
               struct json_t **out, struct error *err)
{
    json_error_t e;
    *out = NULL;
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        return error_set(
            err, ERR_INPUT,
            "%s:%d:1: the file starts with a byte order mark; save it as UTF-8 without BOM", file,
            first_line);
    json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
    if (value == NULL)
        return report_syntax(text, len, file, first_line, &e, err);
    if (depth_of(value) > max_depth) {
        json_decref(value);
        return error_set(err, ERR_INPUT, "%s:%d:1: nested deeper than %d levels; flatten it", file,
                         first_line, max_depth);
    }
    *out = value;
    return 0;
}

void json_free(struct json_t *value)
{
    json_decref(value);
}

/*
 * The scanner behind json_position(). It only ever sees text jansson has accepted, so it skips
 * without checking. `wanted` is the rest of the path below the value at `at`; the return value is
 * where the value (or its key) starts, NULL if the path leads nowhere; *end is set behind the
 * value.
 */
static const char *skip_space(const char *at, const char *end)
{
    while (at < end && strchr(" \t\r\n", *at) != NULL && *at != '\0')
        at++;
    return at;
}

static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++) {
        if (*at == '\\')
            at++;
    }
    return at < end ? at + 1 : end;
}

/* Behind the value at `at`, counting brackets outside strings. */
static const char *skip_value(const char *at, const char *end)
{
    int depth = 0;
    do {
        at = skip_space(at, end);
        if (at >= end)
            return end;
        if (*at == '"') {
            at = skip_string(at, end);
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            depth--;
            at++;
        } else if (depth > 0 && (*at == ',' || *at == ':')) {
            at++;
        } else {
            while (at < end && strchr(",:]} \t\r\n", *at) == NULL)
                at++;
        }
    } while (depth > 0);
    return at;
}

static size_t segment_length(const char *path)
{
    const char *slash = strchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) : strlen(path);
}

/* Keys with escapes are compared by their spelling: good enough to point at a member. */
static bool key_matches(const char *at, const char *after, const char *path)
{
    size_t len = segment_length(path);
    return (size_t)(after - at) == len + 2 && memcmp(at + 1, path, len) == 0;
}

static const char *find_in_object(const char *at, const char *end, const char *path,
                                  const char **key)
{
    for (at = skip_space(at + 1, end); at < end && *at == '"'; at = skip_space(at, end)) {
        const char *name = at;
        const char *after = skip_string(at, end);
        at = skip_space(after, end);
        at = skip_space(at < end ? at + 1 : end, end);
        if (key_matches(name, after, path)) {
            *key = name;
            return at;
        }
        at = skip_space(skip_value(at, end), end);
        if (at < end && *at == ',')
            at++;
    }
    return NULL;
}

static const char *find_in_array(const char *at, const char *end, const char *path)
{
    int64_t wanted = 0;
    char number[16] = "";
    size_t len = segment_length(path);
    if (len >= sizeof(number))
        return NULL;
    memcpy(number, path, len);
    if (!text_parse_int(number, &wanted))
        return NULL;
    at = skip_space(at + 1, end);
    for (int64_t i = 0; at < end && *at != ']'; i++) {
        if (i == wanted)
            return at;
        at = skip_space(skip_value(at, end), end);
        if (at < end && *at == ',')
            at = skip_space(at + 1, end);
    }
    return NULL;
}

static struct json_position position_of(const char *text, size_t len, const char *at)
{
    struct json_position position = {1, 1};
    for (const char *p = text; p < at; p++)
        position.line += *p == '\n' ? 1 : 0;
    position.column = column_in_characters(text, len, (size_t)(at - text));
    return position;
}

struct json_position json_position(const char *text, size_t len, const char *path, bool at_key)
{
    const char *end = text + len;
    const char *at = skip_space(text, end), *key = at;
    while (*path == '/') {
        path++;
        if (at < end && *at == '{')
            at = find_in_object(at, end, path, &key);
        else if (at < end && *at == '[')
            key = at = find_in_array(at, end, path);
        else
            at = NULL;
        if (at == NULL)
            return (struct json_position){1, 1};
        path += segment_length(path);
    }
    return position_of(text, len, at_key ? key : at);
}

const char *json_get_text(const struct json_t *object, const char *key, const char *fallback)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : fallback;
}

int64_t json_get_int(const struct json_t *object, const char *key, int64_t fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool json_get_bool(const struct json_t *object, const char *key, bool fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

struct json_t *json_get(const struct json_t *object, const char *key)
{
    return json_object_get(object, key);
}

bool json_is_list(const struct json_t *value)
{
    return json_is_array(value);
}

size_t json_count(const struct json_t *array)
{
    return json_array_size(array);
}

struct json_t *json_at(const struct json_t *array, size_t index)
{
    return json_array_get(array, index);
}

void json_walk(const struct json_t *object, json_member_fn fn, void *context)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        fn(context, name, value);
    }
}

/* The segment of a pointer behind its slash, "~1" and "~0" being "/" and "~". */
static void put_segment(struct buf *out, const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool escaped = at[i] == '~' && i + 1 < len && (at[i + 1] == '0' || at[i + 1] == '1');
        char plain = at[i];
        if (escaped)
            plain = at[++i] == '1' ? '/' : '~';
        buf_putc(out, plain);
    }
}

static const json_t *find_child(const json_t *value, const char *name)
{
    int64_t index;
    if (json_is_object(value))
        return json_object_get(value, name);
    bool in_range = json_is_array(value) && text_parse_int(name, &index) && index >= 0;
    return in_range ? json_array_get(value, (size_t)index) : NULL;
}

const struct json_t *json_find(const struct json_t *root, const char *pointer)
{
    const json_t *at = root;
    struct buf name = {0};
    while (at != NULL && *pointer == '/') {
        size_t len = segment_length(++pointer);
        buf_reset(&name);
        put_segment(&name, pointer, len);
        at = find_child(at, buf_text(&name));
        pointer += len;
    }
    buf_free(&name);
    return *pointer == '\0' ? at : NULL;
}

bool json_put_plain(struct buf *out, const struct json_t *value)
{
    if (json_is_string(value))
        buf_put(out, json_string_value(value), json_string_length(value));
    else if (json_is_number(value) || json_is_boolean(value))
        json_put(out, value);
    else
        return false;
    return true;
}

int json_check_pointer(const char *pointer, struct error *err)
{
    if (*pointer != '\0' && *pointer != '/')
        return error_set(err, ERR_INPUT,
                         "`%s` is no JSON pointer: it must begin with `/`, as in /messages/0/id",
                         pointer);
    for (const char *at = pointer; (at = strchr(at, '~')) != NULL; at++) {
        if (at[1] != '0' && at[1] != '1')
            return error_set(err, ERR_INPUT,
                             "`%s` is no JSON pointer: write ~0 for ~ and ~1 for / in a name",
                             pointer);
    }
    return 0;
}

enum json_kind json_kind_of(const struct json_t *value)
{
    static const enum json_kind kinds[] = {
        [JSON_OBJECT] = JSON_KIND_OBJECT, [JSON_ARRAY] = JSON_KIND_LIST,
        [JSON_STRING] = JSON_KIND_TEXT,   [JSON_INTEGER] = JSON_KIND_NUMBER,
        [JSON_REAL] = JSON_KIND_NUMBER,   [JSON_TRUE] = JSON_KIND_BOOLEAN,
        [JSON_FALSE] = JSON_KIND_BOOLEAN, [JSON_NULL] = JSON_KIND_NULL,
    };
    return value != NULL ? kinds[json_typeof(value)] : JSON_KIND_NONE;
}

bool json_read_number(const char *text, double *out)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    bool number = json_is_number(value);
    *out = json_number_value(value);
    json_decref(value);
    return number;
}

bool json_get_number(const struct json_t *value, double *out)
{
    if (json_is_string(value))
        return json_read_number(json_string_value(value), out);
    *out = json_number_value(value);
    return json_is_number(value);
}

static int append(const char *bytes, size_t len, void *out)
{
    buf_put(out, bytes, len);
    return 0;
}

void json_put(struct buf *out, const struct json_t *value)
{
    json_dump_callback(value, append, out, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}
