/*
 *   letter   template   -> does the daemon have it, and what is the sum of it as it was loaded
 *
 * Whoever sends a campaign asks this first: a letter that was written or changed behind the
 * daemon's back is known to it after a reload.
 */
#include "base/digest.h"
#include "engine/requests_backend.h"
#include "model/json.h"
#include "render/library.h"
#include "render/library_sources.h"

int request_letter(const struct request *r, struct error *err UNUSED)
{
    const struct request_daemon *daemon = r->world->daemon;
    const char *name = json_get_text(r->root, "template", "");
    int index = daemon != NULL ? library_find_template(daemon->setup->library, name) : -1;
    unsigned char sum[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    if (index >= 0)
        library_letter_digest(daemon->setup->library, index, sum);
    buf_printf(r->out, "{\"v\":1,\"end\":true,\"daemon\":%s", daemon != NULL ? "true" : "false");
    answer_put_text(r->out, "template", name);
    answer_put_text(r->out, "sha256", index >= 0 ? digest_hex(sum, hex) : NULL);
    buf_puts(r->out, "}\n");
    return 0;
}
