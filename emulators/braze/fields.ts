/** Not attributes: these keys of an object identify the customer or control the request. */
export const CONTROL_KEYS: ReadonlySet<string> = new Set([
  'external_id',
  'braze_id',
  'user_alias',
  '_update_existing_only',
  '_merge_objects',
  'push_token_import',
]);

/** Braze's own profile fields ("User attributes object"). Lower case only: `First_Name` is a custom attribute. */
export const STANDARD_FIELDS: ReadonlySet<string> = new Set([
  'alias_name',
  'alias_label',
  'country',
  'current_location',
  'date_of_first_session',
  'date_of_last_session',
  'dob',
  'email',
  'email_subscribe',
  'email_open_tracking_disabled',
  'email_click_tracking_disabled',
  'facebook',
  'first_name',
  'gender',
  'home_city',
  'image_url',
  'language',
  'last_name',
  'marked_email_as_spam_at',
  'phone',
  'push_subscribe',
  'subscription_groups',
  'time_zone',
  'twitter',
]);
