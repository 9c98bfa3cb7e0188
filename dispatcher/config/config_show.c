#include "config/config.h"

#include "config/config_read.h"
#include "config/load.h"
#include "config/params.h"
#include "config/value.h"

static void put_origin(struct buf *out, const struct place *place)
{
    if (place->line > 0)
        buf_printf(out, "%s:%d", place->source, place->line);
    else
        buf_puts(out, place->source);
}

static void show_line(const struct setting *setting, struct buf *out)
{
    buf_printf(out, "%s = ", setting->key);
    value_show(setting, false, out);
    buf_puts(out, "   # ");
    put_origin(out, &setting->place);
    buf_putc(out, '\n');
}

static void show_object(const struct setting *setting, struct buf *out)
{
    struct buf origin = {0};
    put_origin(&origin, &setting->place);
    buf_puts(out, "{\"v\":1,\"key\":");
    buf_put_json(out, setting->key);
    buf_puts(out, ",\"value\":");
    value_show(setting, true, out);
    buf_puts(out, ",\"origin\":");
    buf_put_json(out, buf_text(&origin));
    buf_puts(out, ",\"about\":");
    buf_put_json(out, setting->param->about);
    buf_puts(out, "}\n");
    buf_free(&origin);
}

int config_show(const struct config_options *options, bool json, struct buf *out, struct error *err)
{
    /* Secrets are not shown, so whoever asks need not be able to read them. */
    struct load l = {.options = options, .without_secrets = true};
    struct settings s = {0};
    int rc = config_read(options, &l, &s, err);
    for (size_t i = 0; rc == 0 && i < l.setting_count; i++)
        (json ? show_object : show_line)(&l.settings[i], out);
    load_free(&l);
    settings_free(&s);
    return rc;
}
