/** Braze's limit for the text of an attribute, in characters: it drops a longer one silently under a 201. */
export const MAX_STRING_CHARACTERS = 255;

/** Braze's limit for each part of an alias, name and label, in UTF-8 bytes (Braze: user_alias_object). */
export const MAX_ALIAS_BYTES = 236;
