import { useEffect, useRef } from 'react';
import { NavLink, Outlet, useLocation, useNavigate } from 'react-router';
import { useMutation, useQuery } from 'urql';
import { graphql } from './gql';
import { cart, session, useStored } from './stored';

const Me = graphql(`
  query Me { me { id name isStaff } }
`);

const SignOut = graphql(`
  mutation SignOut { logout { __typename } }
`);

export function Layout() {
  const [{ data }] = useQuery({ query: Me });
  const [, signOut] = useMutation(SignOut);
  const pieces = Object.values(useStored(cart)).reduce((sum, quantity) => sum + quantity, 0);
  const navigate = useNavigate();
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useEffect(() => main.current?.focus(), [pathname]); // a screen reader goes on with the new page

  async function leave() {
    await signOut({});
    session.set(null);
    await navigate('/');
  }

  return (
    <>
      <header>
        <NavLink to="/" className="brand" end>Ordergraph</NavLink>
        <nav aria-label="Shop">
          <NavLink to="/orders">My orders</NavLink>
          {data?.me?.isStaff && <NavLink to="/staff">Staff</NavLink>}
          <NavLink to="/cart">Cart <span role="status" aria-label={`${pieces} in the cart`}>{pieces}</span></NavLink>
        </nav>
        {data?.me && <p className="person">{data.me.name} <button onClick={leave}>Sign out</button></p>}
      </header>
      <main ref={main} tabIndex={-1}><Outlet /></main>
    </>
  );
}
