#include "letters/translate.h"

#include <stdlib.h>

#include "model/settings.h"

int translate_settings(const struct invocation *inv, struct settings **out, struct error *err)
{
    *out = NULL;
    return invocation_load_settings(inv, false, out, err);
}

void translate_settings_free(struct settings *settings)
{
    if (settings != NULL)
        settings_free(settings);
    free(settings);
}
