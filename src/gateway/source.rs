//! A gateway as the source of a run.

use super::catalogue::resource;
use super::pull::Sink;
use super::session::Session;
use crate::config::Gateway;
use crate::error::{Error, Kind, Result};
use crate::host::{Host, Http, Store};
use crate::lake::Files;
use crate::normalize::{Envelope, Load, Loaded, Select};
use crate::run::{Order, Source, Traffic};

impl<H: Http, T: Host> Source for Session<'_, H, T> {
    async fn login(&mut self, deadline: i64) -> Result<()> {
        self.wire.budget.until(deadline);
        self.api().await.map(drop).map_err(|error| error.at(format!("gateway {}", self.gateway.dataset)))
    }

    fn offers(&self, name: &str) -> bool {
        resource(name).is_some_and(|resource| Session::offers(self, resource))
    }

    async fn load<S: Store, U: Host>(
        &mut self,
        order: Order<'_>,
        files: &mut Files<'_, S, U>,
        traffic: &mut Traffic,
    ) -> Result<Loaded> {
        let name = &order.resource.name;
        let gateway: &Gateway = self.gateway;
        let Some(pull) = gateway.resources.iter().find(|pull| pull.resource.table == *name) else {
            return Err(Error::new(Kind::Config, "not_configured", format!("{name} is not switched on")).at(name));
        };
        self.wire.budget.until(order.deadline);
        let load = order.begin()?;
        let mut intake = Intake { order: &order, load, files };
        self.pull(pull, &mut intake, traffic).await?;
        let loaded = intake.load.finish()?;
        let parts = intake.load.take_parts();
        intake.files.add(parts).await?;
        Ok(loaded)
    }

    fn requests(&self) -> u64 {
        u64::from(self.wire.budget.spent())
    }
}

/// Bodies through the engine into files.
struct Intake<'i, 'f, S, U> {
    order: &'i Order<'i>,
    load: Load,
    files: &'i mut Files<'f, S, U>,
}

impl<S: Store, U: Host> Sink for Intake<'_, '_, S, U> {
    fn restart(&mut self) -> Result<()> {
        self.load = self.order.begin()?;
        self.files.restart();
        Ok(())
    }

    fn begin(&mut self, select: Select) -> Result<()> {
        self.load.begin_body(select)
    }

    async fn feed(&mut self, bytes: &[u8]) -> Result<()> {
        self.load.feed(bytes)?;
        self.files.add(self.load.take_parts()).await
    }

    fn end(&mut self) -> Result<Envelope> {
        self.load.end_body()
    }
}
