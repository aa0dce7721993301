/** A value as Braze receives it. `null` removes the attribute from the profile. */
export type AttributeValue = string | number | boolean | null;

/** Values by attribute name: a customer's whole set, or the part of it that changed. */
export type ValueSet = Record<string, AttributeValue>;
