import { useEffect, useRef } from 'react';
import { NavLink, Outlet, useLocation } from 'react-router';
import { useMutation, useQuery, useSubscription } from 'urql';
import { MeDocument, OrdersUpdatedDocument, SignOutDocument } from './gql/graphql';
import { useStored, write } from './stored';

export function Layout() {
  const [{ data }] = useQuery({ query: MeDocument });
  // One stream for all pages: what it tells of an order, the cache shows wherever that order is.
  useSubscription({ query: OrdersUpdatedDocument, pause: !data?.me });
  const [, signOut] = useMutation(SignOutDocument);
  const pieces = Object.values(useStored('cart') ?? {}).reduce((sum, quantity) => sum + quantity, 0);
  const leave = () => signOut({}).then(() => write('session', null));
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useEffect(() => main.current?.focus(), [pathname]); // a screen reader goes on with the new page

  return (
    <>
      <header className="container">
        <nav>
          <ul><li><NavLink to="/"><strong>{data?.shop.name ?? 'Shop'}</strong></NavLink></li></ul>
          <ul>
            <li><NavLink to="/orders">{data?.me ? 'Orders' : 'Sign in'}</NavLink></li>
            {data?.me?.isStaff && <li><NavLink to="/staff">Staff</NavLink></li>}
            <li><NavLink to="/cart" aria-live="polite">Cart {pieces}</NavLink></li>
            {data?.me && <li><button className="outline" onClick={leave}>Sign out</button></li>}
          </ul>
        </nav>
      </header>
      <main className="container" ref={main} tabIndex={-1}><Outlet /></main>
    </>
  );
}
