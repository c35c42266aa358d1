//! Observe, plan and perform: brings a host to the state of a WSGI app container's bundle.
//!
//! Nothing is here yet. The desired state that it will bring about, [`wsgi_model::Bundle`], is: each
//! artifact has its path, mode, owner, the checks to make before it takes its place and the actions
//! that its change owes, so another tool can apply it today.
