#include "config/config.h"

#include "config/config_read.h"
#include "config/load.h"
#include "config/value.h"

static void put_origin(struct buf *out, const struct place *place)
{
    if (place->line > 0)
        buf_printf(out, "%s:%d", place->source, place->line);
    else
        buf_puts(out, place->source);
}

static void show_setting(const struct setting *setting, bool json, struct buf *out)
{
    struct buf origin = {0};
    put_origin(&origin, &setting->place);
    if (json)
        buf_puts(out, "{\"v\":1,\"key\":");
    if (json)
        buf_put_json(out, setting->key);
    else
        buf_puts(out, setting->key);
    buf_puts(out, json ? ",\"value\":" : " = ");
    value_show(setting, json, out);
    buf_puts(out, json ? ",\"origin\":" : "   # ");
    if (json)
        buf_put_json(out, origin.data);
    else
        buf_puts(out, origin.data);
    buf_puts(out, json ? "}\n" : "\n");
    buf_free(&origin);
}

int config_show(const struct config_options *options, bool json, struct buf *out, struct error *err)
{
    /* Secrets are not shown, so whoever asks need not be able to read them. */
    struct load l = {.options = options, .without_secrets = true};
    struct settings s = {0};
    int rc = config_read(options, &l, &s, err);
    for (size_t i = 0; rc == 0 && i < l.setting_count; i++)
        show_setting(&l.settings[i], json, out);
    load_free(&l);
    settings_free(&s);
    return rc;
}
