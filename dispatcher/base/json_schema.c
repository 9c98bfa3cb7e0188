#include "base/json_schema.h"

void json_schema_open(struct json_schema *s, struct buf *out)
{
    *s = (struct json_schema){.out = out};
    buf_puts(out, "{\"type\":\"object\",\"properties\":{");
}

void json_schema_key(struct json_schema *s, const char *name, bool required)
{
    buf_puts(s->out, s->any ? "," : "");
    buf_put_json(s->out, name);
    buf_putc(s->out, ':');
    s->any = true;
    if (!required)
        return;
    buf_puts(&s->required, s->required.len > 0 ? "," : "");
    buf_put_json(&s->required, name);
}

void json_schema_put(struct json_schema *s, const char *name, bool required, const char *piece)
{
    json_schema_key(s, name, required);
    buf_puts(s->out, piece);
}

void json_schema_close(struct json_schema *s, const char *rest)
{
    buf_putc(s->out, '}');
    if (s->required.len > 0)
        buf_printf(s->out, ",\"required\":[%s]", buf_text(&s->required));
    buf_printf(s->out, ",%s}", rest != NULL ? rest : "\"additionalProperties\":false");
    buf_free(&s->required);
}

void json_schema_put_words(struct buf *out, const char *const *words, size_t count)
{
    buf_puts(out, "{\"enum\":[");
    for (size_t i = 0; i < count; i++) {
        buf_puts(out, i > 0 ? "," : "");
        buf_put_json(out, words[i]);
    }
    buf_puts(out, "]}");
}
