#include "operator/translate.h"

#include <stdlib.h>

#include "config/config.h"
#include "model/settings.h"

int translate_settings(const struct invocation *inv, struct settings **out, struct error *err)
{
    struct config_options options = *invocation_config(inv);
    options.without_secrets = true;
    *out = NULL;
    return config_load(&options, out, err);
}

void translate_settings_free(struct settings *settings)
{
    if (settings != NULL)
        settings_free(settings);
    free(settings);
}
