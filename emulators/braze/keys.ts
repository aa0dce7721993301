import { noPermission, type Reply, unknownKey } from './answers';

/** All permissions that peak-braze-sync can use; only the first is required. */
export const PERMISSIONS = ['users.track', 'users.export.ids', 'custom_attributes.get'] as const;

/** The API keys of the workspace and their permissions. Unknown or revoked: 401; without the permission: 403 or 401. */
export class Keys {
  readonly #permissions: Map<string, readonly string[]>;
  readonly #revoked = new Set<string>();

  readonly #switches: { readonly permissionDenied: 401 | 403 };

  constructor(keys: Readonly<Record<string, readonly string[]>>, switches: { readonly permissionDenied: 401 | 403 }) {
    this.#switches = switches;
    this.#permissions = new Map(Object.entries(keys));
  }

  /** Sets the permissions of a key from now on; an unknown key becomes known. */
  setPermissions(key: string, permissions: readonly string[]): void {
    this.#permissions.set(key, permissions);
  }

  revoke(key: string): void {
    this.#revoked.add(key);
  }

  restore(key: string): void {
    this.#revoked.delete(key);
  }

  /** Braze's refusal of this `Authorization` header, or null. "Bearer" is case-insensitive. */
  refusal(authorization: string | undefined, permission: string): Reply | null {
    const key = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
    const permissions = this.#permissions.get(key);
    if (permissions === undefined || this.#revoked.has(key)) return unknownKey(key);
    if (permissions.includes(permission)) return null;
    return this.#switches.permissionDenied === 401 ? unknownKey(key) : noPermission();
  }
}
