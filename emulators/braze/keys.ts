import { noPermission, type Reply, unknownKey } from './answers';

/** All that peak-braze-sync can make use of; it needs the first alone. */
export const PERMISSIONS = ['users.track', 'users.export.ids', 'custom_attributes.get'] as const;

/** The API keys of the workspace and what each may do. Unknown and revoked: 401; without the permission: 403. */
export class Keys {
  readonly #permissions: Map<string, readonly string[]>;
  readonly #revoked = new Set<string>();

  constructor(keys: Readonly<Record<string, readonly string[]>>) {
    this.#permissions = new Map(Object.entries(keys));
  }

  /** What the key may do from now on; a key that was unknown is known. */
  setPermissions(key: string, permissions: readonly string[]): void {
    this.#permissions.set(key, permissions);
  }

  revoke(key: string): void {
    this.#revoked.add(key);
  }

  restore(key: string): void {
    this.#revoked.delete(key);
  }

  /** Braze's refusal of this `Authorization` header, or null. Any spelling of "Bearer" will do. */
  refusal(authorization: string | undefined, permission: string): Reply | null {
    const key = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
    const permissions = this.#permissions.get(key);
    if (permissions === undefined || this.#revoked.has(key)) return unknownKey(key);
    return permissions.includes(permission) ? null : noPermission();
  }
}
