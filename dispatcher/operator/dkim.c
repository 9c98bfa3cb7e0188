#include "cli/say.h"
#include "operator/command_list.h"

#include <stdio.h>
#include <stdlib.h>

#include "channel/dkim_record.h"
#include "engine/setup.h"

static void print_json(const struct buf *name, const struct buf *value)
{
    struct buf out = {0};
    buf_puts(&out, "{\"v\":1,\"type\":\"TXT\",\"name\":");
    buf_put_json(&out, buf_text(name));
    buf_puts(&out, ",\"value\":");
    buf_put_json(&out, buf_text(value));
    printf("%s}\n", buf_text(&out));
    buf_free(&out);
}

static void print_text(const struct invocation *inv, const struct buf *name,
                       const struct buf *value)
{
    struct buf quoted = {0};
    dkim_record_put_quoted(buf_text(value), &quoted);
    say(inv, stdout, "name       %s\ntype       TXT\nvalue      %s\nzone file  %s. IN TXT %s\n",
        buf_text(name), buf_text(value), buf_text(name), buf_text(&quoted));
    buf_free(&quoted);
}

static int print_record(const struct invocation *inv, const struct settings *s, struct error *err)
{
    struct buf name = {0}, value = {0};
    if (s->dkim.domain == NULL)
        return error_set(err, ERR_NOT_FOUND,
                         "%s has no `dkim`: mails are not signed here, so DNS needs no key of ours",
                         s->file);
    int rc = setup_check_signing(s, err);
    if (rc == 0)
        rc = dkim_record_put_value(&s->dkim, &value, err);
    dkim_record_put_name(&s->dkim, &name);
    if (rc == 0 && invocation_json(inv))
        print_json(&name, &value);
    else if (rc == 0)
        print_text(inv, &name, &value);
    buf_free(&name);
    buf_free(&value);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct settings *s = NULL;
    int rc = invocation_load_settings(inv, true, &s, err);
    if (rc != 0)
        return rc;
    rc = print_record(inv, s, err);
    settings_free(s);
    free(s);
    return rc;
}

const struct command command_dkim = {
    .name = "dkim",
    .arguments = "",
    .summary = "print the TXT record that DNS needs for the signatures of our mails",
    .example = "  dispatcher dkim\n",
    .details = "Name and value are made of `dkim` in the configuration and its private key; no DNS "
               "is asked.\n"
               "As a form of a provider wants them, and as a line of a zone file.\n\n"
               "A new key without a gap: a new selector with its record first, then `selector` and "
               "`key`\n"
               "and SIGHUP; remove the old record when no mail signed with it is on its way any "
               "more, a week\n"
               "later.\n\n"
               "JSON, one object: v, type, name, value.",
    .run = run,
};
