"""The catalog as a static web site. Needs the extra ``report``."""
